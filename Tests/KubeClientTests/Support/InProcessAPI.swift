import FakeKube
import HTTPTransport
import KubeClient
import KubeModel
import YAMLTree

/// The fake API server without a socket, so that it keeps up with virtual time.
struct InProcessAPI: KubeAPI {
    let cluster: Shared<FakeAPI>

    init(_ cluster: FakeAPI = FakeAPI()) {
        self.cluster = Shared(cluster)
    }

    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
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

    func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        throw FunctionAPI.refusal(501, of: request)
    }
}
