internal import Basics
internal import CCrypto

/// What proves that an answer was made for this WebSocket's opening (RFC 6455 §4.1).
struct WebSocketKey: Sendable, Equatable {
    /// Sent as `Sec-WebSocket-Key`.
    let text: String

    init() {
        self.init(bytes: (0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    init(bytes: [UInt8]) {
        text = Base64.encode(bytes)
    }

    /// Expected as `Sec-WebSocket-Accept`.
    var answer: String {
        let input = Array("\(text)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        SHA1(input, input.count, &digest)
        return Base64.encode(digest)
    }
}
