/// How a server can misbehave towards one request.
package enum Fault: Sendable {
    /// Closes the connection instead of answering.
    case drop
    /// Never answers, and keeps the connection open.
    case stall
    /// Answers as it should, after a while.
    case delay(Duration)
    /// A `Status` of this code, with the reason that belongs to it.
    case status(StatusError)
    /// An answer that no API server gives.
    case answer(Int, [UInt8], contentType: String)
    /// The right answer or stream, cut after so many bytes of its body by closing the connection.
    case cut(afterBytes: Int)
    /// The right answer or stream, which stops after so many bytes of its body; the connection stays open.
    case freeze(afterBytes: Int)
    /// The right answer under another content type.
    case contentType(String)
    /// What a watch sends is changed on its way.
    case events(EventFault)

    /// `Retry-After` in seconds.
    package static func tooManyRequests(retryAfter seconds: Int) -> Fault {
        .status(.tooManyRequests(retryAfter: seconds))
    }
    package static let gone = Fault.status(
        StatusError(410, "Expired", "The resourceVersion for the provided watch is too old."))
    package static let internalError = Fault.status(.internalError("etcdserver: request timed out"))
    package static let unavailable = Fault.status(
        StatusError(503, "ServiceUnavailable", "apiserver not ready"))
    package static let garbage = Fault.answer(200, Array("<html>welcome</html>".utf8), contentType: "text/html")
    package static let brokenJSON = Fault.answer(200, Array("{\"kind\":".utf8), contentType: "application/json")
}
