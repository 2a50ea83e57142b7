internal import Basics
internal import HTTPTransport
internal import WorkdirProtocol

/// Whether a response holds exactly the bytes that were asked for. Shared by all stores that speak HTTP.
enum ResponseCheck {
    /// Judges the head of a successful response to a GET; `found` is what that head says of the object.
    static func verdict(
        _ head: HTTPResponseHead, found: ObjectInfo, range: Range<Int64>?, matching: ObjectInfo?, object: String
    ) -> ResponseGate.Verdict {
        func refuse(_ reason: TransferError.Reason, _ message: String, hint: String? = nil) -> ResponseGate.Verdict {
            .refuse(TransferError(object: object, reason: reason, message: message, hint: hint))
        }
        if let matching, let difference = difference(between: matching, and: found) {
            return refuse(.changed, "the object changed while it was read: \(difference)")
        }
        switch (head.status, range) {
        case (200, nil):
            return .deliver
        case (200, let range?):
            if range.lowerBound == 0, found.size == range.upperBound { return .deliver }
            return refuse(
                .protocolViolation, "the server sent the whole object where a range of it was asked for",
                hint: "the server ignores ranges; it can only be read as a whole")
        case (206, let range?):
            guard let given = ContentRange(head.headers["Content-Range"] ?? "") else {
                return refuse(.protocolViolation, "the server sent a range without saying which")
            }
            guard given.range == range else {
                return refuse(
                    .protocolViolation,
                    "asked for bytes \(range.lowerBound) to \(range.upperBound - 1), the server sent \(given)")
            }
            return .deliver
        case (206, nil):
            return refuse(.protocolViolation, "the server sent a part of the object although all of it was asked for")
        default:
            return refuse(.protocolViolation, "unexpected status \(head.status)")
        }
    }

    /// What tells two objects apart that should be one, in words; `nil` where nothing does.
    static func difference(between expected: ObjectInfo, and found: ObjectInfo) -> String? {
        if let old = expected.size, let new = found.size, old != new { return "\(old) bytes became \(new)" }
        if let old = expected.versionID, let new = found.versionID, old != new { return "another version" }
        if let old = expected.etag, let new = found.etag, strong(old) != strong(new) { return "another ETag" }
        if expected.etag == nil, let old = expected.lastModified, let new = found.lastModified, old != new,
            CivilTime(http: old) != nil, CivilTime(http: new) != nil
        {
            return "modified \(new)"
        }
        return nil
    }

    /// Without the mark of weakness and the quotes, which some servers put on in one answer and leave out in another.
    private static func strong(_ etag: String) -> Substring {
        var text = etag[...]
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        return text
    }
}

/// `Content-Range: bytes 0-9/100` (RFC 9110 §14.4).
struct ContentRange: Equatable, CustomStringConvertible {
    /// `nil` in the answer to a range that cannot be satisfied (`bytes */100`).
    var range: Range<Int64>?
    /// `nil` where the server does not know.
    var total: Int64?

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
        let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] != "*" {
            guard let total = Int64(parts[1]), total >= 0 else { return nil }
            self.total = total
        }
        if parts[0] != "*" {
            let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), 0 <= first, first <= last,
                last < total ?? .max
            else { return nil }
            range = first..<last + 1
        }
    }

    var description: String {
        let bytes = range.map { "bytes \($0.lowerBound) to \($0.upperBound - 1)" } ?? "no bytes"
        return total.map { "\(bytes) of \($0)" } ?? bytes
    }
}
