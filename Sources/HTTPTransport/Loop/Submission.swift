/// One exchange as the caller hands it to the transport's thread.
struct Submission: Sendable {
    let id: UInt64
    let plan: RequestPlan
    let request: HTTPRequest
    let sink: any HTTPBodySink
    let ticket: Ticket
    /// Called exactly once, after the last call to sink and source.
    let complete: @Sendable (Result<HTTPResponseHead, TransportError>) -> Void

    func fail(_ reason: TransportError.Reason, nothingSent: Bool) {
        complete(.failure(TransportError(attempted: plan.attempted, reason: reason, nothingSent: nothingSent)))
    }
}
