import HTTPTransport
import Testing

@testable import KubeClient

@Suite struct HandshakeReaderTests {
    @Test(arguments: [1, 7, 1000])
    func readsASwitchAndWhatFollows(piece: Int) throws {
        let answer = Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade:websocket\r\nX:  a b \r\n\r\n\u{2}\u{3}".utf8)
        var reader = HandshakeReader()
        var rest: [UInt8] = []
        for start in stride(from: 0, to: answer.count, by: piece) {
            let bytes = answer[start..<min(start + piece, answer.count)]
            if case .switched(let headers, let first) = try reader.receive(bytes) {
                #expect(headers["upgrade"] == "websocket")
                #expect(headers["x"] == "a b")
                rest = first + answer[(start + bytes.count)...]
                break
            }
        }
        #expect(rest == [2, 3])
    }

    @Test(arguments: [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno and more", "no"),
        ("HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ""),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: -9223372036854775808\r\n\r\nno", ""),
        ("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nn\r\n0\r\n\r\n", ""),
        ("HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nn\r\n1;x=y\r\no\r\n0\r\n\r\n", "no"),
    ])
    func readsARefusal(_ answer: String, _ body: String) throws {
        var reader = HandshakeReader()
        var last = HandshakeReader.Step.more
        for byte in answer.utf8 where last == .more { last = try reader.receive([byte]) }
        guard case .refused(let head, let found) = last else { return #expect(Bool(false)) }
        #expect(head.status == 403)
        #expect(String(decoding: found, as: UTF8.self) == body)
    }

    @Test(arguments: [
        ("HTTP/1.1 500 Oh\r\n\r\nuntil the end", "until the end"),
        ("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\ncut", "cut"),
        ("HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ncut", "cut"),
    ])
    func tellsWhatCameOfARefusal(_ answer: String, _ body: String) throws {
        var reader = HandshakeReader()
        #expect(try reader.receive(answer.utf8) == .more)
        guard case .refused(_, let found) = reader.end() else { return #expect(Bool(false)) }
        #expect(String(decoding: found, as: UTF8.self) == body)
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx\r\n\r\n",
        String(repeating: "a", count: 70_000),
    ])
    func refusesRubbish(answer: String) {
        var reader = HandshakeReader()
        #expect(throws: HandshakeReader.Malformed.self) { try reader.receive(answer.utf8) }
    }

    /// The example of RFC 6455 §1.3.
    @Test func answersAKey() {
        let key = WebSocketKey(bytes: Array("the sample nonce".utf8))
        #expect(key.text == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(key.answer == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}
