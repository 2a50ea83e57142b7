import Basics
import HTTPTransport
import KubeModel
import KubeTestSupport
import Logging
import TestSupport
import Testing
import YAMLTree

@testable import KubeClient
@testable import KubeRuntime

@Suite struct EventRecorderTests {
    private let clock = VirtualClock()
    private let sent = Shared<[APIRequest]>([])

    @Test func writesWhatTheServerExpects() async throws {
        let recorder = recorder { _ in nil }
        let note = String(repeating: "ü", count: 600)
        recorder.record(ClusterEvent(.warning, regarding: pod, reason: "SidecarTerminated", action: "http", note: note))
        recorder.finish()
        await recorder.run()
        let request = try #require(sent.value.first)
        #expect(request.method == "POST")
        #expect(request.path == "/apis/events.k8s.io/v1/namespaces/jobs/events")
        let body = try YAMLNode(parsing: request.body)
        #expect(body["metadata"]?["name"]?.text == "step-1.38d7ea4c68001")
        #expect(body["metadata"]?["namespace"]?.text == "jobs")
        #expect(body["eventTime"]?.text == "1970-01-12T13:46:40.000000Z")
        #expect(body["type"]?.text == "Warning")
        #expect(body["reason"]?.text == "SidecarTerminated")
        #expect(body["action"]?.text == "http")
        #expect(body["note"]?.text?.utf8.count == 1024)
        #expect(body["regarding"]?["uid"]?.text == "42")
        #expect(body["regarding"]?["fieldPath"] == nil)
        #expect(body["reportingController"]?.text == "k-pipe.cloud/test")
        #expect(body["reportingInstance"]?.text == "test-0")
        #expect(body["series"] == nil)
    }

    @Test func updatesNothingButTheSeries() async throws {
        let recorder = recorder { _ in nil }
        async let running: () = recorder.run()
        recorder.record(ClusterEvent(regarding: pod, reason: "Started", note: ""))
        try await eventually("the event") { recorder.statistics.written == 1 }
        recorder.record(ClusterEvent(regarding: pod, reason: "Started", note: ""))
        try await eventually("the series") { recorder.statistics.written == 2 }
        recorder.finish()
        await running
        let request = try #require(sent.value.last)
        #expect(request.method == "PATCH")
        #expect(request.path.hasPrefix("/apis/events.k8s.io/v1/namespaces/jobs/events/step-1."))
        #expect(request.headers["Content-Type"] == "application/merge-patch+json")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"series":{"count":2,"lastObservedTime":"1970-01-12T13:46:40.000000Z"}}"#)
    }

    @Test func putsEventsOfWhatHasNoNamespaceIntoTheDefaultOne() async throws {
        let recorder = recorder { _ in nil }
        let node = ObjectReference(apiVersion: "v1", kind: "Node", name: "lab")
        recorder.record(ClusterEvent(regarding: node, reason: "Started", note: ""))
        recorder.finish()
        await recorder.run()
        let request = try #require(sent.value.first)
        #expect(request.path == "/apis/events.k8s.io/v1/namespaces/default/events")
        #expect(try YAMLNode(parsing: request.body)["action"]?.text == "Started")
    }

    @Test(arguments: [
        (403, "Forbidden", EventWrite.Purpose.create, EventWriteOutcome.refused),
        (404, "NotFound", .create, .refused), (422, "Invalid", .create, .refused),
        (409, "AlreadyExists", .create, .written), (429, "TooManyRequests", .create, .failed),
        (500, "InternalError", .create, .failed), (404, "NotFound", .updateSeries, .missing),
        (409, "Conflict", .updateSeries, .failed), (403, "Forbidden", .updateSeries, .refused),
    ])
    func knowsWhatAnAnswerMeans(
        _ code: Int, _ reason: String, _ purpose: EventWrite.Purpose, _ expected: EventWriteOutcome
    ) {
        let error = FunctionAPI.refusal(code, reason, of: APIRequest("POST", "/"))
        #expect(EventRecorder.outcome(of: error, purpose) == expected)
    }

    @Test func recordsAtOnceWhileTheServerIsAway() async throws {
        let recorder = recorder { FunctionAPI.unreachable($0) }
        let running = Task { await recorder.run() }
        for number in 0..<2000 {
            let object = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "jobs", name: "p\(number)")
            recorder.record(ClusterEvent(regarding: object, reason: "Started", note: ""))
        }
        #expect(recorder.statistics.droppedAsFull == 2000 - 1024)
        await clock.sleepers(1)
        // It waits for its next attempt, and ends at once when it has to.
        running.cancel()
        await running.value
        #expect(recorder.statistics.written == 0)
    }

    /// A seventh of all requests fails, and there are more events than are held at once.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `what is newest of each pod is written in the end although many writes fail`(_ seed: UInt64) async throws {
        let random = Shared(SeededRandom(seed: seed))
        let recorder = recorder(EventLimits(waiting: 1500, concurrency: 32)) { request in
            random.change { $0.fraction() } < 0.14 ? FunctionAPI.refusal(500, of: request) : nil
        }
        let pods = 1200
        for reason in ["SidecarTerminating", "SidecarTerminated"] {
            for number in 0..<pods {
                let pod = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "jobs", name: "p\(number)")
                recorder.record(ClusterEvent(regarding: pod, reason: reason, note: ""))
            }
        }
        recorder.finish()
        let running = Task { await recorder.run() }
        let done = Shared(false)
        async let end: () = {
            await running.value
            done.change { $0 = true }
        }()
        // Whatever was put off comes when its time has come.
        while !done.value {
            if let next = clock.nextDeadline { clock.advance(by: clock.now.duration(to: next)) }
            await Task.yield()
        }
        await end
        let told = sent.value.filter { $0.method == "POST" }.map { String(decoding: $0.body, as: UTF8.self) }
        let last = told.filter { $0.contains("SidecarTerminated") }
        let names = Set(last.compactMap { text in text.firstMatch(of: /"regarding":\{[^}]*"name":"(p\d+)"/)?.1 })
        #expect(names.count == pods)
        #expect(recorder.statistics.droppedByServer == 0)
        #expect(recorder.statistics.written == 1500)
    }

    private let pod = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "jobs", name: "step-1", uid: "42")

    private func recorder(
        _ limits: EventLimits = .init(), _ refusal: @escaping @Sendable (APIRequest) -> KubeError?
    ) -> EventRecorder {
        let api = FunctionAPI { [sent] request throws(KubeError) in
            sent.change { $0.append(request) }
            if let error = refusal(request) { throw error }
            return APIResponse(status: 201)
        }
        return EventRecorder(
            controller: "k-pipe.cloud/test", instance: "test-0", limits: limits, api: api,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: Timepiece(clock),
            wall: WallClock { 1_000_000_000_000 })
    }
}
