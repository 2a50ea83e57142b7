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

/// The shell, in virtual time, against the fake API server's store. Everything runs on the test's own thread: time passes
/// only when nothing is left to do.
@Suite(.timeLimit(.minutes(20))) struct LeaderElectionTests {
    private let clock = VirtualClock()
    private let executor = ManualExecutor()
    private let server = InProcessAPI()
    private let lease = ObjectKey(namespace: "default", name: "terminator")

    @Test func leadsOneAfterTheOther() async throws {
        let first = Work(executor)
        let one = contest("one", first)
        try pass("the first leads") { first.isRunning }
        let second = Work(executor)
        let two = contest("two", second)
        pass(for: .seconds(40))
        #expect(!second.isRunning)
        #expect(try await holder() == "one")

        finish(first)
        try await one.value
        try pass("the second leads", within: .seconds(5)) { second.isRunning }
        #expect(try await holder() == "two")
        #expect(try await spec()?["leaseTransitions"]?.text == "1")
        finish(second)
        try await two.value
        #expect(try await holder() == nil)
        #expect(try await spec()?["leaseDurationSeconds"]?.text == "1")
    }

    /// A leader that cannot renew in time has to give up its work: its requests wait for no others, and know a dead connection
    /// before they are given up.
    @Test(arguments: [LeaseClaim.Purpose.create, .acquire, .renew, .release])
    func asksForTheLeaseBeforeAllElse(purpose: LeaseClaim.Purpose) throws {
        let limit = ElectionTiming.standard.request
        let requests = LeaseRequests(lease: lease, timeout: limit)
        let claim = LeaseClaim(
            purpose: purpose, holder: "one", durationSeconds: 15, transitions: 0, resourceVersion: "1",
            isTransition: true)
        for request in [requests.read, requests.claim(claim, at: .system)] {
            #expect(request.isUrgent)
            #expect(try #require(request.timeouts.total) < limit)
        }
    }

    @Test func keepsTheLeaseUntilTheWorkHasEnded() async throws {
        let work = Work(executor, ignoresCancellation: true)
        let running = contest("one", work)
        try pass("it leads") { work.isRunning }
        running.cancel()
        pass(for: .seconds(40))
        #expect(work.isRunning)
        #expect(work.holdsTheLease)
        #expect(try await holder() == "one")
        finish(work)
        try await running.value
        #expect(try await holder() == nil)
    }

    @Test(arguments: [Cut.refused, .silent])
    func endsTheWorkWhenTheServerIsOutOfReach(_ cut: Cut) async throws {
        let isCut = Shared(false)
        let first = Work(executor)
        let second = Work(executor)
        let api = FunctionAPI { [server, clock] request throws(KubeError) in
            guard isCut.value else { return try await server.send(request) }
            if cut == .refused { throw FunctionAPI.unreachable(request) }
            // Nothing comes back, and nothing else ends it.
            try? await clock.sleep(for: .seconds(3600))
            throw KubeError(attempted: request.path, reason: .cancelled)
        }
        let one = contest("one", first, api)
        try pass("the first leads") { first.isRunning }
        let two = contest("two", second)
        isCut.change { $0 = true }
        let cutAt = clock.now.elapsed
        try pass("the first ends", within: .seconds(11)) {
            #expect(!(first.holdsTheLease && second.holdsTheLease), "never both")
            return !first.isRunning
        }
        #expect(clock.now.elapsed - cutAt > .seconds(7))
        pass(for: ElectionTiming.standard.request)
        await #expect(throws: LeadershipLost.self) { try await one.value }
        try pass("the second leads", within: .seconds(20)) { second.isRunning }
        finish(second)
        try await two.value
    }

    @Test func leavesTheLeaseToItsHolderWhenCancelledBeforeItLed() async throws {
        let work = Work(executor)
        let one = contest("one", work)
        try pass("the first leads") { work.isRunning }
        let other = Work(executor)
        let two = contest("two", other)
        pass(for: .seconds(5))
        two.cancel()
        pass(for: .seconds(1))
        await #expect(throws: CancellationError.self) { try await two.value }
        #expect(!other.hasRun)
        #expect(try await holder() == "one")
        finish(work)
        try await one.value
    }

    @Test func handsOnWhatTheWorkThrows() async throws {
        struct Failure: Error {}
        let election = election("one")
        let task = Task(executorPreference: executor) { try await election.run { _ in throw Failure() } }
        executor.drain()
        await #expect(throws: Failure.self) { try await task.value }
        #expect(try await holder() == nil)
    }

    @Test func patchesNothingButWhatItMeans() async throws {
        let before = #"""
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": "terminator", "labels": {"kept": "yes"}},
            "spec": {"holderIdentity": "", "leaseTransitions": 4}}
            """#
        _ = try await server.send(.create(.leases, namespace: "default", body: Array(before.utf8)))
        let election = election("one")
        let task = Task(executorPreference: executor) { try await election.run { _ in } }
        executor.drain()
        try await task.value
        let lease = try await object()
        #expect(lease["metadata"]?["labels"]?["kept"]?.text == "yes")
        #expect(lease["spec"]?["leaseTransitions"]?.text == "5")
        #expect(lease["spec"]?["renewTime"]?.text == "2026-11-21T06:45:00.000123Z")
    }

    enum Cut: Sendable { case refused, silent }

    private func election(_ identity: String, _ api: (any KubeAPI)? = nil) -> LeaderElection {
        var election = LeaderElection(
            lease: lease, identity: identity, api: api ?? server,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: Timepiece(clock),
            wall: WallClock { [clock] in 1_795_243_500_000_123 + clock.now.elapsed.components.seconds * 1_000_000 })
        election.executor = executor
        return election
    }

    private func contest(_ identity: String, _ work: Work, _ api: (any KubeAPI)? = nil) -> Task<Void, any Error> {
        let election = election(identity, api)
        return Task(executorPreference: executor) { try await election.run { try await work.go($0) } }
    }

    private func finish(_ work: Work) {
        work.finish()
        executor.drain()
    }

    /// Lets time pass from one moment at which something is due to the next.
    private func pass(
        _ what: String, within limit: Duration = .seconds(60), until condition: () -> Bool
    ) throws {
        let end = clock.now.elapsed + limit
        executor.drain()
        while !condition() {
            try #require(clock.now.elapsed < end, "\(what) within \(limit)")
            step(until: end)
        }
    }

    private func pass(for duration: Duration) {
        let end = clock.now.elapsed + duration
        executor.drain()
        while clock.now.elapsed < end { step(until: end) }
    }

    private func step(until end: Duration) {
        let next = min(clock.nextDeadline?.elapsed ?? end, end)
        clock.advance(by: max(next - clock.now.elapsed, .zero))
        executor.drain()
    }

    private func object() async throws -> YAMLNode {
        try YAMLNode(parsing: try await server.send(.get(.leases, lease)).body)
    }

    private func spec() async throws -> YAMLNode? { try await object()["spec"] }

    private func holder() async throws -> String? { try await spec()?["holderIdentity"]?.text }
}

/// Work that goes on until it is told to end, or cancelled.
private final class Work: Sendable {
    private let leadership = Shared<Leadership?>(nil)
    private let running = Shared(false)
    private let end = Signal()
    private let executor: ManualExecutor
    private let ignoresCancellation: Bool

    init(_ executor: ManualExecutor, ignoresCancellation: Bool = false) {
        self.executor = executor
        self.ignoresCancellation = ignoresCancellation
    }

    var hasRun: Bool { leadership.value != nil }
    var isRunning: Bool { running.value }
    var holdsTheLease: Bool { leadership.value?.isHeld ?? false }

    func finish() { end.send() }

    func go(_ leadership: Leadership) async throws {
        self.leadership.change { $0 = leadership }
        running.change { $0 = true }
        defer { running.change { $0 = false } }
        guard ignoresCancellation else {
            _ = await end.wait()
            return
        }
        await Task(executorPreference: executor) { [end] in _ = await end.wait() }.value
    }
}
