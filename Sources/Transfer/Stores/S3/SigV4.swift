internal import Basics
internal import HTTPTransport
internal import Synchronization
internal import WorkdirProtocol

/// AWS Signature Version 4, with S3's rules: the path is encoded once and not normalised
/// (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
struct SigV4: Sendable {
    static let unsignedPayload = "UNSIGNED-PAYLOAD"
    static let emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    var service: String
    var region: String
    /// What carries the token of credentials that have one.
    var tokenHeader = "X-Amz-Security-Token"

    /// A request before it is signed. Path and query are encoded here once, for signature and URL alike.
    struct Request {
        var method: String
        var origin: WebOrigin
        /// Encoded, beginning with `/`.
        var path: String
        /// Names and values as they are meant, nothing encoded.
        var query: [(name: String, value: String)] = []
        var headers: HTTPHeaders = [:]
        /// SHA-256 of the body in hex, or `unsignedPayload`.
        var payload: String = SigV4.emptyPayload

        /// Sorted by encoded name, then value.
        var canonicalQuery: String {
            if query.isEmpty { return "" }
            return
                query
                .map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
                .sorted { $0.0 == $1.0 ? precedes($0.1, $1.1) : precedes($0.0, $1.0) }
                .map { "\($0.0)=\($0.1)" }
                .joined(separator: "&")
        }

        var url: String { origin.text + path + (query.isEmpty ? "" : "?" + canonicalQuery) }

        private func precedes(_ left: String, _ right: String) -> Bool {
            left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }

    /// The request's headers with date, token, payload hash and signature added.
    func sign(_ request: Request, with credentials: AWSCredentials, at now: Int64, keys: SigningKeys) -> HTTPHeaders {
        let date = CivilTime(secondsSince1970: now).basic
        var headers = request.headers
        headers["X-Amz-Date"] = date
        if service.hasPrefix("s3") { headers["X-Amz-Content-Sha256"] = request.payload }
        if let token = credentials.sessionToken { headers[tokenHeader] = token }

        let (canonicalHeaders, names) = Self.canonical(headers, host: request.origin.authority)
        let canonical = [
            request.method, request.path, request.canonicalQuery, canonicalHeaders, names, request.payload,
        ].joined(separator: "\n")
        let day = String(date.prefix(8))
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let digest = Hex.encode(MessageDigest.sha256(canonical.utf8))
        let toSign = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(digest)"
        let key = keys.key(secret: credentials.secretAccessKey, day: day, region: region, service: service)
        let signature = Hex.encode(HMAC.sha256(key: key, toSign.utf8))
        headers["Authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(signature)"
        return headers
    }

    /// The signed headers, one a line, and their names. Only what the protocol demands is signed, so that a proxy may
    /// change the rest.
    private static func canonical(_ headers: HTTPHeaders, host: String) -> (lines: String, names: String) {
        var signed: [(name: String, value: String)] = [("host", host)]
        for (name, value) in headers.fields {
            let name = name.lowercased()
            guard
                name.hasPrefix("x-amz-") || name.hasPrefix("x-goog-") || name == "content-type" || name == "content-md5"
            else { continue }
            let value = collapsingSpaces(value)
            if let index = signed.firstIndex(where: { $0.name == name }) {
                signed[index].value += ",\(value)"
            } else {
                signed.append((name, value))
            }
        }
        signed.sort { $0.name < $1.name }
        var (lines, names) = ("", "")
        for (name, value) in signed {
            lines += "\(name):\(value)\n"
            names += names.isEmpty ? name : ";\(name)"
        }
        return (lines, names)
    }

    private static func collapsingSpaces(_ value: String) -> String {
        value.utf8.contains(UInt8(ascii: " ")) ? value.split(separator: " ").joined(separator: " ") : value
    }
}

/// The keys derived for a day, region and service: four hashes saved on each request.
final class SigningKeys: Sendable {
    private struct Derivation: Hashable {
        var secret: String
        var day: String
        var region: String
        var service: String
    }

    private let latest = Mutex<[Derivation: [UInt8]]>([:])

    func key(secret: String, day: String, region: String, service: String) -> [UInt8] {
        let derivation = Derivation(secret: secret, day: day, region: region, service: service)
        return latest.withLock { keys in
            if let key = keys[derivation] { return key }
            // A rotated secret or a new day makes the others useless; a few regions may be in use at once.
            if keys.count >= 8 { keys.removeAll() }
            let key = [day, region, service, "aws4_request"]
                .reduce(Array("AWS4\(secret)".utf8)) { HMAC.sha256(key: $0, $1.utf8) }
            keys[derivation] = key
            return key
        }
    }
}

extension CivilTime {
    /// `20130524T000000Z`, as signatures want it.
    var basic: String {
        let date = padded(year, 4) + padded(month, 2) + padded(day, 2)
        return "\(date)T\(padded(hour, 2))\(padded(minute, 2))\(padded(second, 2))Z"
    }
}

/// With zeros before it.
func padded(_ number: some BinaryInteger, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
