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
                "s3://\(bucket)", .configuration, "the S3 endpoint's URL cannot be read",
                hint: "write it as https://HOST:PORT")
        }
        let folder = url.target.hasSuffix("/") ? url.target : url.target + "/"
        return S3Endpoint(origin: url.origin, folder: folder, bucket: bucket, pathStyle: pathStyle)
    }

    /// AWS's own. Names with dots go into the path, because the certificate covers one label alone.
    static func aws(
        region: String, bucket: String, pathStyle: Bool?, fips: Bool, dualStack: Bool
    ) -> S3Endpoint {
        let zone = S3Express.zone(of: bucket)
        let service = "s3\(zone == nil ? "" : "express")\(fips ? "-fips" : "")\(zone.map { "-\($0)" } ?? "")"
        let host = "\(service)\(dualStack ? ".dualstack" : "").\(region).\(domain(of: region))"
        let origin = WebOrigin(scheme: .https, host: host)
        // Directory buckets have hosts of their own, whatever is said of others.
        let inPath = zone == nil && (pathStyle ?? !isHostLabel(bucket))
        return S3Endpoint(origin: origin, folder: "/", bucket: bucket, pathStyle: inPath)
    }

    /// The DNS suffix of a region's partition.
    static func domain(of region: String) -> String {
        partitions.first { region.hasPrefix($0.region) }?.domain ?? "amazonaws.com"
    }

    private static let partitions: [(region: String, domain: String)] = [
        ("cn-", "amazonaws.com.cn"), ("eusc-", "amazonaws.eu"), ("us-iso-", "c2s.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("us-isof-", "csp.hci.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"),
    ]

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

/// Where S3 is and how it is spoken to, decided once from configuration, environment and the shared files.
struct S3Settings: Sendable, Equatable {
    /// The region signed for until a bucket says otherwise.
    var region: String
    /// Somebody said so; else a machine of EC2 is asked for its own.
    var isRegionGiven = true
    /// Instead of AWS's own endpoints.
    var endpointURL: String?
    var pathStyle: Bool?
    var fips = false
    var dualStack = false
    /// Directory buckets are asked for sessions.
    var sessions = true
    /// What uploads are checked by; `nil` for servers that know none.
    var checksum: ChecksumAlgorithm?
    var timeouts = StoreConfiguration.defaultTimeouts

    /// What is said of the place; region and endpoint are taken from it already.
    var given = StoreSettings()
    /// 32 bytes by which the store encrypts and which it does not keep (SSE-C).
    var customerKey: [UInt8]?

    /// AWS knows every bucket there, whatever its region; other servers mostly do not care.
    static let defaultRegion = "us-east-1"

    init(region: String = S3Settings.defaultRegion, endpointURL: String? = nil, pathStyle: Bool? = nil) {
        self.region = region
        self.endpointURL = endpointURL
        self.pathStyle = pathStyle
        checksum = .crc32c
    }

    /// Throws `.configuration` where the customer's key cannot be read.
    init(_ configuration: StoreConfiguration, profiles: AWSProfiles) throws(TransferError) {
        given = configuration.settings
        customerKey = try given.customerKeyFile.map { (path) throws(TransferError) in try Self.key(inFile: path) }
        let profile = profiles.chosen
        let named = configuration.region ?? profiles.region(configuration)
        region = named ?? Self.defaultRegion
        isRegionGiven = named != nil
        endpointURL =
            given.endpoint ?? configuration.endpointURL ?? profiles.endpointURL(service: "s3", configuration)
        pathStyle = configuration.pathStyle ?? (profile["s3.addressing_style"].map { $0 == "path" })
        timeouts = configuration.timeouts
        func flag(_ variable: String, _ key: String) -> Bool {
            (configuration.variable(variable) ?? profile[key])?.lowercased() == "true"
        }
        fips = given.fips || flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
        dualStack = given.dualStack || flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
        sessions = !flag("AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", "s3_disable_express_session_auth")
        let calculation =
            configuration.variable("AWS_REQUEST_CHECKSUM_CALCULATION") ?? profile["request_checksum_calculation"]
        checksum = calculation?.lowercased() == "when_required" ? nil : .crc32c
    }

    private static func key(inFile path: String) throws(TransferError) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try SmallFile.bytes(path, limit: 1 << 10, pipes: true) } catch {
            throw TransferError(path, .configuration, "cannot be read: \(error.reason)")
        }
        if bytes.count == 32 { return bytes }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let key = Base64.decode(text), key.count == 32 else {
            throw TransferError(
                path, .configuration, "holds no customer's key",
                hint: "a key has 32 bytes, which may stand there in base 64")
        }
        return key
    }

    func endpoint(bucket: String, region: String) throws(TransferError) -> S3Endpoint {
        if let endpointURL {
            return try .custom(endpointURL, bucket: bucket, pathStyle: pathStyle ?? true)
        }
        return .aws(region: region, bucket: bucket, pathStyle: pathStyle, fips: fips, dualStack: dualStack)
    }
}
