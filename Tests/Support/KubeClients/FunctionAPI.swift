internal import HTTPTransport
package import KubeClient
internal import KubeModel

/// An API server that is a function.
package struct FunctionAPI: KubeAPI {
    package var answer: @Sendable (APIRequest) async throws(KubeError) -> APIResponse

    package init(answer: @escaping @Sendable (APIRequest) async throws(KubeError) -> APIResponse) {
        self.answer = answer
    }

    package func send(_ request: APIRequest) async throws(KubeError) -> APIResponse { try await answer(request) }

    package func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        throw Self.refusal(501, of: request)
    }

    package static func refusal(_ code: Int, _ reason: String = "", of request: APIRequest) -> KubeError {
        KubeError(
            attempted: "\(request.method) \(request.path)", reason: .status(APIStatus(code: code, reason: reason)))
    }

    package static func unreachable(_ request: APIRequest) -> KubeError {
        let attempted = "\(request.method) \(request.path)"
        let error = TransportError(attempted: attempted, reason: .connect, nothingSent: true)
        return KubeError(attempted: attempted, reason: .transport(error))
    }
}
