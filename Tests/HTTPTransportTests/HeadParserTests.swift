import Testing

@testable import HTTPTransport

@Suite struct HeadParserTests {
    static func parse(_ text: String) -> HeadParser.Step {
        var parser = HeadParser()
        var step = HeadParser.Step.more
        for line in text.split(separator: "|", omittingEmptySubsequences: false) {
            step = parser.consume(line + "\r\n")
        }
        return step
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK|", HTTPResponseHead(status: 200)),
        ("HTTP/1.0 404|", HTTPResponseHead(status: 404, version: "1.0")),
        ("HTTP/2 200 |", HTTPResponseHead(status: 200, version: "2")),
        (
            "HTTP/1.1 200 OK|A: 1|a:2|B:|C:  x y \t|",
            HTTPResponseHead(status: 200, headers: ["A": "1", "a": "2", "B": "", "C": "x y"])
        ),
        ("HTTP/1.1 100 Continue||HTTP/1.1 201 Created|L: x:y|", HTTPResponseHead(status: 201, headers: ["L": "x:y"])),
        ("HTTP/1.1 101 Switching Protocols|", HTTPResponseHead(status: 101)),
    ])
    func headsAreFinal(text: String, head: HTTPResponseHead) { #expect(Self.parse(text) == .final(head)) }

    @Test(arguments: ["HTTP/1.1 100 Continue|", "HTTP/1.1 103 Early Hints|Link: x|"])
    func informationalHeadsAreNot(text: String) { #expect(Self.parse(text) == .informational) }

    @Test(arguments: [
        "", "SSH-2.0", "HTTP/1.1", "HTTP/1.1 abc", "HTTP/1.1 99 x", "HTTP/1.1 2000 x", "HTTP/1.1 200 OK|no colon",
    ])
    func othersAreMalformed(text: String) {
        guard case .malformed = Self.parse(text) else {
            Issue.record("accepted \(text)")
            return
        }
    }

    @Test func trailersStandApart() {
        var parser = HeadParser()
        let steps = ["HTTP/1.1 200 OK", "A: 1", "", "X-Sum: 7", ""].map { parser.consume($0) }
        #expect(steps[2] == .final(HTTPResponseHead(status: 200, headers: ["A": "1"])))
        #expect(steps[3...].allSatisfy { $0 == .more })
        #expect(parser.trailers == ["X-Sum": "7"])
    }

    @Test(arguments: [(1001, 1), (20, 20_000)])
    func headsAreBounded(lines: Int, length: Int) {
        var parser = HeadParser()
        _ = parser.consume("HTTP/1.1 200 OK")
        let steps = (0..<lines).map { _ in parser.consume("A: " + String(repeating: "x", count: length)) }
        #expect(steps.first == .more)
        guard case .malformed = steps.last else {
            Issue.record("no bound")
            return
        }
    }

    @Test(
        arguments: [
            (["Content-Length": "5"], Int64?(5)), ([:], nil),
            (["Content-Length": "5", "Transfer-Encoding": "chunked"], nil),
            (["Content-Length": "5", "content-length": "5"], 5),
        ] as [(HTTPHeaders, Int64?)])
    func lengthsAreAnnounced(headers: HTTPHeaders, length: Int64?) {
        #expect(
            BodyLength.announced(by: HTTPResponseHead(status: 200, headers: headers), toHead: false) == .success(length)
        )
    }

    @Test(arguments: ["-1", "5,5", "0x5", "", "99999999999999999999"])
    func lengthsThatAreNoneAreFaults(value: String) {
        let head = HTTPResponseHead(status: 200, headers: ["Content-Length": value])
        guard case .failure = BodyLength.announced(by: head, toHead: false) else {
            Issue.record("accepted")
            return
        }
    }
}
