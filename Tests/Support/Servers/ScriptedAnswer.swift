/// What a store in memory answers, before the socket.
package struct ScriptedAnswer: Sendable {
    package var status: Int
    package var headers: [String]
    package var body: [UInt8]
    /// Told instead of the body's length, in answers to HEAD.
    package var length: Int?

    package init(_ status: Int, headers: [String] = [], _ body: [UInt8] = [], length: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.length = length
    }

    package init(_ status: Int, headers: [String] = [], text: String) {
        self.init(status, headers: headers, Array(text.utf8))
    }

    package var steps: [ScriptedHTTPServer.Step] {
        let head = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(length ?? body.count)"] + headers
        return [.bytes(Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)]
    }
}
