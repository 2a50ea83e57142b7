/// What everything above the wire asks the API server through: the real client, or a scripted one in tests.
///
/// Both methods try again by themselves what can be tried again (429, 5xx, lost connections), within the client's
/// budget, and throw what remains. Cancelling the task ends the exchange.
public protocol KubeAPI: Sendable {
    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse
    /// Returns with the head of a 2xx answer. Opening is never repeated by the client: whoever follows a stream has its
    /// own backoff.
    func open(_ request: APIRequest) async throws(KubeError) -> APIStream
}
