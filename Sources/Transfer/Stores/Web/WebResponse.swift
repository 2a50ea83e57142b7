internal import Basics
internal import HTTPTransport

/// What a web server's response headers say of an object.
enum WebResponse {
    static func info(_ key: String, _ head: HTTPResponseHead) -> ObjectInfo {
        // A length under a content coding is not the object's.
        let coded = head.headers["Content-Encoding"].map { $0.lowercased() != "identity" } ?? false
        let accepts = head.headers["Accept-Ranges"]?.lowercased().contains("bytes") ?? false
        var info = ObjectInfo(
            key: key, size: coded ? nil : head.objectSize, etag: head.headers["ETag"],
            lastModified: head.headers["Last-Modified"], checksum: coded ? nil : checksum(head.headers),
            ranges: (accepts || head.status == 206) && !coded)
        info.isComposite = head.amazonChecksum.isComposite
        return info
    }

    /// A checksum of the whole object, cheapest first: what clouds send, then RFC 9530 and RFC 3230.
    static func checksum(_ headers: HTTPHeaders) -> Checksum? {
        let amazon = HTTPResponseHead(status: 200, headers: headers).amazonChecksum
        if amazon.isComposite || amazon.whole != nil { return amazon.whole }
        if let found = member("crc32c", of: headers, ["x-goog-hash"]).flatMap({ Checksum(.crc32c, base64: $0) }) {
            return found
        }
        // `Content-Digest` covers the bytes of one message, so a range's would mislead; `Repr-Digest` and `Digest`
        // cover the whole.
        var names = ["Repr-Digest", "Digest"]
        if headers["Content-Range"] == nil { names.append("Content-Digest") }
        return member("sha-256", of: headers, names).flatMap { Checksum(.sha256, base64: $0) }
    }

    /// The value of `name=value` in a list; byte sequences of structured fields stand between colons (RFC 8941 §3.3.5).
    private static func member(_ name: String, of headers: HTTPHeaders, _ fields: [String]) -> String? {
        for field in headers.fields where fields.contains(where: { $0.lowercased() == field.name.lowercased() }) {
            for item in field.value.split(separator: ",") {
                let item = item.drop { $0 == " " }
                guard item.lowercased().hasPrefix(name + "=") else { continue }
                let value = item.dropFirst(name.count + 1).prefix { $0 != ";" && $0 != " " }
                return value.filter { $0 != ":" }
            }
        }
        return nil
    }

    static func error(_ head: HTTPResponseHead, object: String, now: Int64) -> TransferError {
        let status = head.status
        let (reason, hint): (TransferError.Reason, String?) =
            switch status {
            case 404, 410: (.notFound, "check the URL")
            case 401:
                (.permission, "give a user name and password in .netrc, or a token by KPIPE_HTTP_BEARER_FILE")
            case 403: (.permission, "the server refuses these credentials, or a signed URL has expired")
            case 407: (.permission, "the proxy wants credentials: https_proxy=http://USER:PASSWORD@HOST:PORT")
            case 412, 416: (.changed, nil)
            case 429, 503: (.throttled(retryAfter: RetryAfter.parse(head.headers["Retry-After"], now: now)), nil)
            case 408: (.timeout, nil)
            case 405, 501: (.configuration, "the server does not take this method")
            case 507: (.noSpace, nil)
            default: (.server(status: status), nil)
            }
        return TransferError(object, reason, "the server answered \(status)", hint: hint)
    }
}

/// Whether and where a redirect is followed. Pure; one value a request.
struct WebRedirect {
    static let maximum = 10
    private var followed = 0

    enum Step: Equatable {
        /// The credential goes along only within the same origin.
        case follow(WebURL, keepsCredentials: Bool)
        case refuse(String)
    }

    /// `nil` where the answer is no redirect.
    mutating func step(status: Int, location: String?, method: String, from url: WebURL) -> Step? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        guard let location, let target = url.resolving(location) else {
            return .refuse("the server redirects to nowhere")
        }
        // 301 to 303 turn an upload into a download (RFC 9110 §15.4).
        if method == "PUT", status < 307 { return .refuse("the server redirects the upload to a page") }
        if url.origin.scheme == .https, target.origin.scheme == .http {
            return .refuse("the server redirects from https to http")
        }
        followed += 1
        guard followed <= Self.maximum else { return .refuse("the server redirects more than \(Self.maximum) times") }
        return .follow(target, keepsCredentials: target.origin == url.origin)
    }
}
