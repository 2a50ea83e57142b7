internal import Basics
internal import HTTPTransport

/// Where a bucket's objects are: an origin and what precedes the key in the path.
struct S3Endpoint: Sendable, Equatable {
    var origin: WebOrigin
    /// Encoded; begins and ends with `/`.
    var pathPrefix: String

    /// The endpoint a custom URL names, bucket in the path unless told otherwise.
    static func custom(_ url: String, bucket: String, pathStyle: Bool) throws(TransferError) -> S3Endpoint {
        let withScheme = url.contains("://") ? url : "https://\(url)"
        guard let url = WebURL(withScheme), !url.target.contains("?") else {
            throw TransferError(
                object: "s3://\(bucket)", reason: .configuration, message: "the S3 endpoint's URL cannot be read",
                hint: "write it as https://HOST:PORT")
        }
        let folder = url.target.hasSuffix("/") ? url.target : url.target + "/"
        return S3Endpoint(origin: url.origin, folder: folder, bucket: bucket, pathStyle: pathStyle)
    }

    /// AWS's own. Names with dots go into the path, because the certificate covers one label alone.
    static func aws(
        region: String, bucket: String, pathStyle: Bool?, fips: Bool, dualStack: Bool
    ) -> S3Endpoint {
        let host = "s3\(fips ? "-fips" : "")\(dualStack ? ".dualstack" : "").\(region).\(domain(of: region))"
        let origin = WebOrigin(scheme: .https, host: host)
        return S3Endpoint(
            origin: origin, folder: "/", bucket: bucket, pathStyle: pathStyle ?? !isHostLabel(bucket))
    }

    /// The DNS suffix of a region's partition.
    static func domain(of region: String) -> String {
        region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    }

    private init(origin: WebOrigin, folder: String, bucket: String, pathStyle: Bool) {
        if pathStyle {
            self.origin = origin
            pathPrefix = folder + PercentEncoding.encode(bucket) + "/"
        } else {
            self.origin = WebOrigin(scheme: origin.scheme, host: "\(bucket).\(origin.host)", port: origin.port)
            pathPrefix = folder
        }
    }

    /// The encoded path of a key; dot segments and doubled slashes stay, being parts of the name.
    func path(of key: String) -> String { pathPrefix + PercentEncoding.encode(key, keeping: "/") }

    /// The encoded path of the bucket itself.
    var bucketPath: String { pathPrefix.count > 1 ? String(pathPrefix.dropLast()) : pathPrefix }

    private static func isHostLabel(_ bucket: String) -> Bool {
        bucket.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
    }
}
