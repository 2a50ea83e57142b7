internal import Basics
package import FakeKube
internal import HTTPTransport
package import KubeClient
internal import KubeModel
import YAMLTree

/// The fake API server without a socket, so that it keeps up with virtual time.
package struct InProcessAPI: KubeAPI {
    package let cluster: Shared<FakeAPI>

    package init(_ cluster: FakeAPI = FakeAPI()) {
        self.cluster = Shared(cluster)
    }

    package func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        let fields = request.headers.fields.map { (name: $0.name, value: $0.value) }
        let call = KubeRequest(request.method, request.path, headers: fields, body: request.body)
        let reply = cluster.change { $0.handle(call, now: KubeTime(seconds: 1_795_226_400)) }
        guard case .answer(let answer) = reply, case .object(let object) = answer.body else {
            throw FunctionAPI.refusal(500, of: request)
        }
        let body = Array(object.text.utf8)
        guard (200..<300).contains(answer.status) else {
            let reason = (try? YAMLNode(parsing: body))?["reason"]?.text ?? ""
            throw FunctionAPI.refusal(answer.status, reason, of: request)
        }
        return APIResponse(status: answer.status, body: body)
    }

    package func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        throw FunctionAPI.refusal(501, of: request)
    }
}
