internal import Basics
internal import HTTPTransport

/// Signs a request with an account's key
/// (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
enum SharedKey {
    /// Headers that are signed in this order, their names left out.
    private static let standard = [
        "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
        "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
    ]

    /// The value of `Authorization`.
    /// - Parameters:
    ///   - path: as it is sent.
    ///   - query: names and values as they are meant, nothing encoded.
    static func authorization(
        _ method: String, account: String, key: [UInt8], path: String, query: [(String, String)], headers: HTTPHeaders,
        length: Int64
    ) -> String {
        var lines = [method]
        for name in standard {
            lines.append(name == "Content-Length" ? (length > 0 ? String(length) : "") : headers[name] ?? "")
        }
        lines += headers.fields.map { ($0.name.lowercased(), $0.value) }.filter { $0.0.hasPrefix("x-ms-") }
            .sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        lines.append("/\(account)\(path)")
        lines += query.map { ($0.0.lowercased(), $0.1) }.sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        let signature = HMAC.sha256(key: key, lines.joined(separator: "\n").utf8)
        return "SharedKey \(account):\(Base64.encode(signature))"
    }

    /// The query of a URL by which one blob may be read for a day: a secret
    /// (https://learn.microsoft.com/rest/api/storageservices/create-service-sas).
    /// - Parameter path: of the blob, encoded.
    static func signature(toRead path: String, account: String, key: [UInt8], at now: Int64) -> String {
        let end = "\(UnixTime(milliseconds: (now + 86_400) * 1000).description.prefix(19))Z"
        let resource = "/blob/\(account)\(PercentEncoding.decode(path) ?? path)"
        // What is left out: start, policy, address, protocol; snapshot, encryption scope and five headers of the answer.
        let version = AzureService.version
        let lines = ["r", "", end, resource, "", "", "", version, "b", "", "", "", "", "", "", ""]
        let signature = Base64.encode(HMAC.sha256(key: key, lines.joined(separator: "\n").utf8))
        let query = [("sv", version), ("sr", "b"), ("sp", "r"), ("se", end), ("sig", signature)]
        return query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    }
}

extension CivilTime {
    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    var http: String {
        // 1 January 1970 was a Thursday.
        let days = (secondsSince1970 - (hour * 3600 + minute * 60 + second)) / 86_400
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int((days % 7 + 7) % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return
            "\(weekday), \(padded(day, 2)) \(months[Int(month) - 1]) \(year) \(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2)) GMT"
    }
}
