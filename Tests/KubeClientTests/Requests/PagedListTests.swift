import HTTPTransport
import KubeModel
import Synchronization
import Testing

@testable import KubeClient

/// Lists that take longer than their version lasts.
@Suite struct PagedListTests {
    /// Answers one after the other; notes what was asked.
    private final class Pages: KubeAPI {
        private let state: Mutex<(answers: [Result<String, KubeError>], queries: [String])>

        init(_ answers: [Result<String, KubeError>]) { state = Mutex((answers.reversed(), [])) }

        var queries: [String] { state.withLock { $0.queries } }

        func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
            let answer = state.withLock { state in
                state.queries.append(request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&"))
                return state.answers.popLast()
            }
            guard let answer else { throw KubeError(attempted: "list", reason: .malformed("asked too often")) }
            return APIResponse(status: 200, body: Array(try answer.get().utf8))
        }

        func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
            throw KubeError(attempted: "list", reason: .malformed("no stream"))
        }
    }

    private static func page(_ names: [String], continue token: String = "") -> Result<String, KubeError> {
        let items = names.map { #"{"metadata":{"name":"\#($0)"}}"# }.joined(separator: ",")
        return .success(#"{"metadata":{"continue":"\#(token)"},"items":[\#(items)]}"#)
    }

    private static let tooLarge = Result<String, KubeError>.failure(
        KubeError(
            attempted: "list",
            reason: .transport(TransportError(attempted: "list", reason: .tooLarge(limit: 64 << 20)))))

    private static let expired = Result<String, KubeError>.failure(
        KubeError(attempted: "list", reason: .status(APIStatus(code: 410, reason: "Expired"))))

    @Test(arguments: [
        ([page(["a", "b"])], ["a", "b"], ["limit=500"]),
        ([page(["a"], continue: "t"), page(["b"])], ["a", "b"], ["limit=500", "limit=500&continue=t"]),
        // What came of the pages that are gone is forgotten: it is there again, or gone as well.
        (
            [page(["a"], continue: "t"), expired, page(["b", "c"])], ["b", "c"],
            ["limit=500", "limit=500&continue=t", ""]
        ),
        (
            [page(["a"], continue: "t"), tooLarge, tooLarge, page(["b"])], ["a", "b"],
            ["limit=500", "limit=500&continue=t", "limit=125&continue=t", "limit=31&continue=t"]
        ),
        // Down to one object: no limit would be all of them.
        (
            Array(repeating: tooLarge, count: 6), nil,
            ["limit=500", "limit=125", "limit=31", "limit=7", "limit=1"]
        ),
        ([expired], nil, ["limit=500"]),
        // A refusal that comes as a success is no list of nothing.
        ([.success(#"{"kind":"Status","status":"Failure","message":"no","code":403}"#)], nil, ["limit=500"]),
        ([page(["a"], continue: "t"), expired, expired], nil, ["limit=500", "limit=500&continue=t", ""]),
    ])
    func areReadAnewWhole(answers: [Result<String, KubeError>], names: [String]?, queries: [String]) async throws {
        let api = Pages(answers)
        let objects: [PartialObject]? = try? await api.list(.pods)
        #expect(objects?.map(\.metadata.name) == names)
        #expect(api.queries == queries)
    }
}
