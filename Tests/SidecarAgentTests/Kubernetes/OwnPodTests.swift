import Basics
import KubeClient
import Logging
import TestSupport
import Testing

@testable import SidecarAgent

/// What the agent asks of its pod where nobody answers: the report and the grace do without.
@Suite struct OwnPodTests {
    /// A server that is reached and says nothing, as behind a policy that drops.
    private struct Silence: KubeAPI {
        func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
            try? await Task.sleep(for: .seconds(3600))
            throw KubeError(attempted: "\(request.method)", reason: .cancelled)
        }

        func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
            throw KubeError(attempted: "\(request.method)", reason: .cancelled)
        }
    }

    static let questions: [@Sendable (OwnPod) async -> Bool] = [
        { await $0.details() == nil }, { await $0.timeLeft() == nil },
        {
            await $0.announce(report: "s3://b/report.json")
            return true
        },
    ]

    @Test(arguments: questions.indices) func `is given up after a while`(_ index: Int) async throws {
        let clock = VirtualClock()
        var pod = PodIdentity()
        (pod.name, pod.namespace) = ("step", "team")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let own = try #require(OwnPod(pod, api: Silence(), logger: logger, time: Timepiece(clock)))
        async let isDone = Self.questions[index](own)
        await clock.sleepers(1)
        clock.advance(by: OwnPod.patience)
        #expect(await isDone)
    }
}
