internal import HTTPTransport

/// Reads the answer to a WebSocket's opening: the switch of protocols and the first frames behind it, or a refusal with
/// its body.
struct HandshakeReader: Sendable {
    enum Step: Sendable, Equatable {
        case more
        /// Protocols are switched; the rest is frames.
        case switched(HTTPHeaders, rest: [UInt8])
        case refused(HTTPResponseHead, body: [UInt8])
    }

    struct Malformed: Error, Equatable {}

    private static let largestHead = 64 << 10
    /// An error's body beyond this is not worth reading.
    private static let largestBody = 64 << 10

    private var bytes: [UInt8] = []
    private var head: HTTPResponseHead?

    mutating func receive(_ more: some Collection<UInt8>) throws(Malformed) -> Step {
        bytes += more
        if head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
            let head = try Self.head(bytes[..<end.lowerBound])
            bytes.removeSubrange(..<end.upperBound)
            if head.status == 101 { return .switched(head.headers, rest: bytes) }
            self.head = head
        }
        guard let head else {
            guard bytes.count <= Self.largestHead else { throw Malformed() }
            return .more
        }
        guard let body = wholeBody(head) else { return .more }
        return .refused(head, body: body)
    }

    /// The connection has ended: what came of a refusal counts, even if there should have been more.
    func end() -> Step {
        guard let head else { return .more }
        return .refused(head, body: isChunked(head) ? Self.unchunked(bytes).body : bytes)
    }

    private func wholeBody(_ head: HTTPResponseHead) -> [UInt8]? {
        if isChunked(head) {
            let (body, isWhole) = Self.unchunked(bytes)
            return isWhole || bytes.count > Self.largestBody ? body : nil
        }
        let length = head.headers["Content-Length"].flatMap { Int($0) } ?? .max
        let wanted = min(max(0, length), Self.largestBody)
        return bytes.count >= wanted ? Array(bytes.prefix(wanted)) : nil
    }

    private func isChunked(_ head: HTTPResponseHead) -> Bool {
        head.headers["Transfer-Encoding"]?.lowercased().contains("chunked") == true
    }

    private static func head(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> HTTPResponseHead {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let status = Int(words[1])
        else {
            throw Malformed()
        }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
            headers.add(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
        }
        return HTTPResponseHead(status: status, headers: headers)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    /// As many chunks as are there; where a length is none, nothing that follows can be read.
    private static func unchunked(_ bytes: [UInt8]) -> (body: [UInt8], isWhole: Bool) {
        var rest = bytes[...]
        var body: [UInt8] = []
        let lineEnd = Array("\r\n".utf8)
        while let end = rest.firstRange(of: lineEnd) {
            let digits = rest[..<end.lowerBound].prefix { $0 != UInt8(ascii: ";") }
            guard let count = Int(String(decoding: digits, as: UTF8.self), radix: 16), count > 0 else {
                return (body, true)
            }
            rest = rest[end.upperBound...]
            body += rest.prefix(count)
            guard rest.count >= 2, count <= rest.count - 2 else { break }
            rest = rest.dropFirst(count + 2)
        }
        return (body, false)
    }
}
