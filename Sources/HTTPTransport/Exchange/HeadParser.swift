/// Puts response heads together from header lines as they arrive: informational heads, the final one, trailers.
struct HeadParser: Sendable {
    enum Step: Sendable, Equatable {
        case more
        /// A 1xx head ended; another head follows.
        case informational
        case final(HTTPResponseHead)
        case malformed(String)
    }

    /// Over all heads and trailers of one response.
    private static let maximumBytes = 256 << 10
    private static let maximumFields = 1000

    private var head: HTTPResponseHead?
    private var bytes = 0
    private var fieldCount = 0
    private var isDone = false
    private(set) var trailers: HTTPHeaders = [:]

    /// `line` with or without its line end. Lines after the final head are trailers, or begin the head of a second answer:
    /// libcurl asks again by itself where a server knows no `Expect` (417).
    mutating func consume(_ line: String) -> Step {
        bytes += line.utf8.count
        fieldCount += 1
        guard bytes <= Self.maximumBytes, fieldCount <= Self.maximumFields else {
            return .malformed(
                "the response head is beyond \(Self.maximumBytes >> 10) KiB or \(Self.maximumFields) lines")
        }
        let line = Self.trimmed(Substring(line))
        if isDone, line.hasPrefix("HTTP/") { (isDone, trailers) = (false, [:]) }
        if isDone { return line.isEmpty ? .more : addTrailer(line) }
        guard head != nil else { return begin(line) }
        guard line.isEmpty else { return add(line) }
        return end()
    }

    /// `HTTP/1.1 200 OK` or `HTTP/2 200`.
    private mutating func begin(_ line: Substring) -> Step {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/"), parts[1].utf8.count == 3, let status = Int(parts[1]),
            status >= 100
        else { return .malformed("the response does not begin with a status line") }
        head = HTTPResponseHead(status: status, version: String(parts[0].dropFirst(5)))
        return .more
    }

    private mutating func add(_ line: Substring) -> Step {
        guard let field = Self.field(line) else { return .malformed("a header line has no colon") }
        head?.headers.add(field.name, field.value)
        return .more
    }

    private mutating func addTrailer(_ line: Substring) -> Step {
        guard let field = Self.field(line) else { return .malformed("a trailer has no colon") }
        trailers.add(field.name, field.value)
        return .more
    }

    private static func field(_ line: Substring) -> (name: String, value: String)? {
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return (String(line[..<colon]), String(trimmed(line[line.utf8.index(after: colon)...])))
    }

    private mutating func end() -> Step {
        guard let head else { return .more }
        self.head = nil
        if (100..<200).contains(head.status), head.status != 101 { return .informational }
        isDone = true
        return .final(head)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var text = text.utf8
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return Substring(text)
    }
}

/// How many body bytes a response head announces (RFC 9112 §6.3).
enum BodyLength {
    struct Fault: Error, Equatable {
        var message: String
    }

    /// `nil` where the end is marked otherwise: chunks, or the connection's close.
    static func announced(by head: HTTPResponseHead, toHead: Bool) -> Result<Int64?, Fault> {
        if toHead || head.status == 204 || head.status == 304 || head.status < 200 { return .success(0) }
        guard head.headers["Transfer-Encoding"] == nil else { return .success(nil) }
        var length: Int64?
        for field in head.headers.fields where field.name.equalsIgnoringASCIICase("Content-Length") {
            guard let value = Int64(field.value), value >= 0 else {
                return .failure(Fault(message: "Content-Length is not a number of bytes"))
            }
            guard length == nil || length == value else {
                return .failure(Fault(message: "two Content-Length fields contradict each other"))
            }
            length = value
        }
        return .success(length)
    }
}
