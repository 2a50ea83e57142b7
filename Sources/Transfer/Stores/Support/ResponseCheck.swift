internal import Basics
internal import HTTPTransport

/// What a reader asks for, and whether an answer holds exactly that. Shared by all stores that speak HTTP.
struct ResponseCheck: Sendable {
    /// In errors.
    var object: String
    var key: String
    var range: Range<Int64>?
    var matching: ObjectInfo?
    /// How this store tells of an object in a response's head.
    var describe: @Sendable (_ key: String, HTTPResponseHead) -> ObjectInfo

    func info(_ head: HTTPResponseHead) -> ObjectInfo { describe(key, head) }

    /// Judges the head of a successful response to a GET; `found` is what that head says of the object.
    func verdict(_ head: HTTPResponseHead, _ found: ObjectInfo) -> ResponseGate.Verdict {
        func refuse(_ reason: TransferError.Reason, _ message: String, hint: String? = nil) -> ResponseGate.Verdict {
            .refuse(TransferError(object: object, reason: reason, message: message, hint: hint))
        }
        if let difference = matching?.difference(from: found) {
            return refuse(.changed, "the object changed while it was read: \(difference)")
        }
        switch (head.status, range) {
        case (200, nil):
            return .deliver(found)
        case (200, let range?):
            if range.lowerBound == 0, found.size == range.upperBound { return .deliver(found) }
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
            return .deliver(found)
        case (206, nil):
            return refuse(.protocolViolation, "the server sent a part of the object although all of it was asked for")
        default:
            return refuse(.protocolViolation, "unexpected status \(head.status)")
        }
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
