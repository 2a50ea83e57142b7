import HTTPTransport
import KubeClient
import KubeModel

/// An API server that is a function.
struct FunctionAPI: KubeAPI {
    var answer: @Sendable (APIRequest) async throws(KubeError) -> APIResponse

    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse { try await answer(request) }

    func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        throw Self.refusal(501, of: request)
    }

    static func refusal(_ code: Int, _ reason: String = "", of request: APIRequest) -> KubeError {
        KubeError(
            attempted: "\(request.method) \(request.path)", reason: .status(APIStatus(code: code, reason: reason)))
    }

    static func unreachable(_ request: APIRequest) -> KubeError {
        let attempted = "\(request.method) \(request.path)"
        let error = TransportError(attempted: attempted, reason: .connect, nothingSent: true)
        return KubeError(attempted: attempted, reason: .transport(error))
    }
}
