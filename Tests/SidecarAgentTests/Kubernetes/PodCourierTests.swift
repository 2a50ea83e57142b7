import Basics
import HTTPTransport
import KubeClient
import KubeModel
import Synchronization
import Testing
import YAMLTree

@testable import SidecarAgent

@Suite struct PodCourierTests {
    /// Answers each request in turn, and keeps them.
    final class ScriptedAPI: KubeAPI {
        private let answers: Mutex<[Result<APIResponse, KubeError>]>
        private let seen = Mutex<[APIRequest]>([])

        init(_ answers: [Result<APIResponse, KubeError>]) { self.answers = Mutex(answers) }

        var requests: [APIRequest] { seen.withLock { $0 } }

        func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
            seen.withLock { $0.append(request) }
            return try answers.withLock { $0.isEmpty ? .success(APIResponse(status: 200)) : $0.removeFirst() }.get()
        }

        func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
            throw KubeError(attempted: request.path, reason: .malformed("no stream in this script"))
        }
    }

    static let pod = PodIdentity(name: "words-7-x", namespace: "batch", uid: "5e0f")

    static func report(_ state: String, reason: String? = nil, message: String? = nil) -> StateReport {
        let cause = reason.map {
            FailureCause(.error, container: .main, reason: $0, message: message ?? "", exitCode: 3)
        }
        let change = StateChange(state, previous: "RUNNING", terminal: reason != nil, cause: cause)
        return StateReport(change, epoch: "1763700000000-0badcafe", sequence: 4, time: UnixTime(milliseconds: 1500))
    }

    static func refusal(_ code: Int, _ reason: String, retryAfter: Int? = nil) -> KubeError {
        KubeError(
            attempted: "PATCH pod",
            reason: .status(
                APIStatus(code: code, reason: reason, message: "no: \(reason)", retryAfterSeconds: retryAfter)))
    }

    static func json(_ request: APIRequest) throws -> YAMLNode { try YAMLNode(parsing: request.body) }

    @Test func annotatesThePodAndTellsAnEvent() async throws {
        let api = ScriptedAPI([])
        let courier = PodCourier(api: api, pod: Self.pod)
        #expect(await courier.deliver(Self.report("ERROR", reason: "Error", message: "exited with 3")) == .delivered)

        let patch = try #require(api.requests.first)
        #expect((patch.method, patch.path) == ("PATCH", "/api/v1/namespaces/batch/pods/words-7-x"))
        #expect(patch.headers["Content-Type"] == "application/merge-patch+json")
        let metadata = try Self.json(patch)["metadata"]
        #expect(metadata?["uid"]?.text == "5e0f")
        #expect(metadata?["annotations"]?["sidecar.k-pipe.cloud/state"]?.text == "ERROR")
        let told = try YAMLNode(
            parsing: Array((metadata?["annotations"]?["sidecar.k-pipe.cloud/state-report"]?.text ?? "").utf8))
        #expect(told["exitCode"]?.text == "3")
        #expect(told["sequence"]?.text == "4")

        let create = try #require(api.requests.last)
        #expect((create.method, create.path) == ("POST", "/apis/events.k8s.io/v1/namespaces/batch/events"))
        let event = try Self.json(create)
        #expect(event["metadata"]?["name"]?.text == "words-7-x.1763700000000-0badcafe-4")
        #expect(event["type"]?.text == "Warning")
        #expect(event["reason"]?.text == "Error")
        #expect(event["note"]?.text == "RUNNING → ERROR: exited with 3 (exit code 3)")
        #expect(event["eventTime"]?.text == "1970-01-01T00:00:01.500000Z")
        #expect(event["regarding"]?["uid"]?.text == "5e0f")
    }

    @Test(
        arguments: [
            ([.failure(refusal(503, "ServiceUnavailable", retryAfter: 7))], "failed", .seconds(7)),
            ([.failure(refusal(403, "Forbidden"))], "refused", nil),
            ([.failure(refusal(404, "NotFound"))], "refused", nil),
            ([.success(APIResponse(status: 200)), .failure(refusal(409, "AlreadyExists"))], "delivered", nil),
            ([.success(APIResponse(status: 200)), .failure(refusal(500, "InternalError"))], "failed", nil),
        ] as [([Result<APIResponse, KubeError>], String, Duration?)])
    func saysWhetherToTryAgain(answers: [Result<APIResponse, KubeError>], word: String, pause: Duration?) async {
        let outcome = await PodCourier(api: ScriptedAPI(answers), pod: Self.pod).deliver(Self.report("RUNNING"))
        #expect(outcome.word == word)
        if case .failed(_, let retryAfter) = outcome { #expect(retryAfter == pause) }
    }

    @Test func withoutAClusterItSaysWhatToDo() async {
        let outcome = await PodCourier(api: nil, pod: Self.pod).deliver(Self.report("RUNNING"))
        #expect(
            outcome == .refused("there is no API server to report to: mount a service account's token into the agent"))
    }

    @Test func longMessagesFitIntoAnEvent() async throws {
        let api = ScriptedAPI([])
        let message = String(repeating: "é", count: 2000)
        _ = await PodCourier(api: api, pod: Self.pod).deliver(Self.report("ERROR", reason: "Error", message: message))
        let event = try #require(api.requests.last)
        let note = try #require(Self.json(event)["note"]?.text)
        #expect(note.utf8.count <= 1024)
        #expect(note.hasPrefix("RUNNING → ERROR: éé"))
    }
}
