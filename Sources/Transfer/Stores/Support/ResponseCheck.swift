internal import Basics
internal import HTTPTransport

/// What a reader asks for, and whether an answer holds exactly that. Shared by all stores that speak HTTP.
struct ResponseCheck: Sendable {
    /// In errors.
    var object: String
    var key: String
    var range: Range<Int64>?
    var matching: ObjectInfo?
    /// Every object of this store has an ETag.
    var expectsETag = false
    /// How this store tells of an object in a response's head.
    var describe: @Sendable (_ key: String, HTTPResponseHead) -> ObjectInfo

    func info(_ head: HTTPResponseHead) -> ObjectInfo { describe(key, head) }

    /// Judges the head of a successful response to a GET; `found` is what that head says of the object.
    func verdict(_ head: HTTPResponseHead, _ found: ObjectInfo) -> ResponseGate.Verdict {
        func refuse(_ reason: TransferError.Reason, _ message: String, hint: String? = nil) -> ResponseGate.Verdict {
            .refuse(TransferError(object, reason, message, hint: hint))
        }
        if found.etag == nil, expectsETag || matching?.etag != nil, Self.isPage(head) {
            return refuse(.network, "GET was \(Self.pageInstead)")
        }
        if let difference = matching?.difference(from: found) {
            return refuse(.changed, "the object changed while it was read: \(difference)")
        }
        let given = head.headers["Content-Range"].map { ContentRange($0)?.range }
        switch (head.status, range) {
        case (200, nil), (203, nil):
            return .deliver(found)
        case (200, let range?), (203, let range?):
            // Some servers send a range with the status of the whole.
            if given == .some(range) || given == nil && range.lowerBound == 0 && found.size == range.upperBound {
                return .deliver(found)
            }
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
            return refuse(
                .protocolViolation, "the server answered \(head.status), which is neither the object nor an error")
        }
    }

    /// What a gateway or a login page sends in the object's place.
    static func isPage(_ head: HTTPResponseHead) -> Bool {
        head.headers["Content-Type"]?.lowercased().hasPrefix("text/html") == true
    }

    /// It may be gone with the next request, as it came.
    static let pageInstead = "answered with an HTML page instead of the object, as gateways and login pages do"
}

extension HTTPResponseHead {
    /// Bytes of the whole object, as an answer to GET or HEAD tells them. A range of it says so in its status; some servers
    /// say it in Content-Range alone.
    var objectSize: Int64? {
        if let range = headers["Content-Range"].flatMap(ContentRange.init) { return range.total }
        return status == 206 ? nil : headers["Content-Length"].flatMap { Int64($0) }
    }

    /// The checksum that AWS and its like send with an object, cheapest first, where it is of the whole content.
    /// - Returns: `isComposite` where the answer says, or its ETag shows, that it is one of the parts' checksums.
    var amazonChecksum: (whole: Checksum?, isComposite: Bool) {
        let type = headers["x-amz-checksum-type"]?.uppercased()
        // Who stores parts and does not say what the checksum is of may mean either.
        let isOfParts = headers["ETag"].map(Self.isOfParts) ?? false
        let found = [ChecksumAlgorithm.crc64nvme, .crc32c, .sha256].lazy.compactMap { algorithm in
            headers[algorithm.s3Header].flatMap { Checksum(algorithm, base64: $0) }
        }.first
        if type == "COMPOSITE" || type == nil && isOfParts && found != nil { return (nil, true) }
        return (found, false)
    }

    /// 32 digits, a hyphen and the number of parts.
    private static func isOfParts(_ etag: String) -> Bool {
        let words = etag.filter { $0 != "\"" }.split(separator: "-", omittingEmptySubsequences: false)
        return words.count == 2 && words[0].utf8.count == 32 && Int(words[1]) != nil
    }
}

extension HTTPHeaders {
    /// Names and values in the order of the names.
    mutating func add(_ metadata: [String: String], prefix: String) {
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) { self[prefix + name] = value }
    }
}

extension HTTPTimeouts {
    /// Of a request whose answer waits until the store has joined or copied all: some hundred MiB a second.
    static let joining = HTTPTimeouts(firstByte: .seconds(600), stall: .seconds(600))
    /// Of a request for a token or a role.
    static let identityService = HTTPTimeouts(connect: .seconds(5), firstByte: .seconds(15), total: .seconds(30))
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
