package import Basics
internal import YAMLTree

/// What the API decided to do with a request; the server performs it.
package enum KubeReply: Sendable {
    case answer(KubeAnswer)
    /// A stream of events, to be polled from the store until it ends.
    case watch(FakeWatch)
}

/// A whole answer.
package struct KubeAnswer: Sendable {
    package enum Body: Sendable {
        case object(JSONValue)
        case list(StoredList)
        case bytes([UInt8], contentType: String)
    }

    package var status: Int
    package var headers: [(name: String, value: String)] = []
    package var body: Body
    /// Of the objects inside, so that they can be shown as a table.
    var type: ResourceType?
    /// Whether the bytes are a gzip stream.
    var isCompressed = false

    package init(_ status: Int, _ body: Body, headers: [(name: String, value: String)] = []) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    init(_ error: StatusError) {
        self.init(error.code, .object(error.object))
        if let seconds = error.retryAfterSeconds { headers.append(("Retry-After", String(seconds))) }
    }

    static func text(_ status: Int, _ text: String) -> KubeAnswer {
        KubeAnswer(status, .bytes(Array(text.utf8), contentType: "text/plain; charset=utf-8"))
    }
}
