import HTTPTransport
import KubeModel
import Logging
import TestSupport
import Testing
import YAMLTree

@testable import KubeClient

/// The shell, in virtual time, against the fake API server's store.
@Suite(.timeLimit(.minutes(1))) struct LeaderElectionTests {
    private let clock = VirtualClock()
    private let server = InProcessAPI()
    private let lease = ObjectKey(namespace: "default", name: "terminator")

    @Test func leadsOneAfterTheOther() async throws {
        let first = Work()
        let second = Work()
        async let one: () = election("one").run { try await first.go($0) }
        try await pass("the first leads") { first.isRunning }
        async let two: () = election("two").run { try await second.go($0) }
        await pass(for: .seconds(40))
        #expect(!second.isRunning)
        #expect(try await holder() == "one")

        first.finish()
        try await one
        try await pass("the second leads", within: .seconds(5)) { second.isRunning }
        #expect(try await holder() == "two")
        #expect(try await spec()?["leaseTransitions"]?.text == "1")
        second.finish()
        try await two
        #expect(try await holder() == nil)
        #expect(try await spec()?["leaseDurationSeconds"]?.text == "1")
    }

    @Test func keepsTheLeaseUntilTheWorkHasEnded() async throws {
        let work = Work(ignoresCancellation: true)
        let running = Task { try await election("one").run { try await work.go($0) } }
        try await pass("it leads") { work.isRunning }
        running.cancel()
        await pass(for: .seconds(40))
        #expect(work.isRunning)
        #expect(work.holdsTheLease)
        #expect(try await holder() == "one")
        work.finish()
        try await running.value
        #expect(try await holder() == nil)
    }

    @Test(arguments: [Cut.refused, .silent])
    func endsTheWorkWhenTheServerIsOutOfReach(_ cut: Cut) async throws {
        let isCut = Shared(false)
        let first = Work()
        let second = Work()
        let api = FunctionAPI { [server] request throws(KubeError) in
            guard isCut.value else { return try await server.send(request) }
            if cut == .refused { throw FunctionAPI.unreachable(request) }
            // Nothing comes back, and nothing else ends it.
            try? await Task.sleep(for: .seconds(3600))
            throw KubeError(attempted: request.path, reason: .cancelled)
        }
        let one = Task { try await election("one", api).run { try await first.go($0) } }
        try await pass("the first leads") { first.isRunning }
        let two = Task { try await election("two").run { try await second.go($0) } }
        isCut.change { $0 = true }
        let cutAt = clock.now.elapsed
        try await pass("the first ends", within: .seconds(11)) {
            // Never both.
            #expect(!(first.holdsTheLease && second.holdsTheLease))
            return !first.isRunning
        }
        #expect(clock.now.elapsed - cutAt > .seconds(7))
        await #expect(throws: LeadershipLost.self) {
            async let result: () = one.value
            try await pass("the first gives up") { !first.isRunning }
            await pass(for: .seconds(10))
            try await result
        }
        try await pass("the second leads", within: .seconds(20)) { second.isRunning }
        second.finish()
        try await two.value
    }

    @Test func leavesTheLeaseToItsHolderWhenCancelledBeforeItLed() async throws {
        let work = Work()
        async let one: () = election("one").run { try await work.go($0) }
        try await pass("the first leads") { work.isRunning }
        let two = Task { try await election("two").run { _ in Issue.record("led") } }
        await pass(for: .seconds(5))
        two.cancel()
        await #expect(throws: CancellationError.self) { try await two.value }
        #expect(try await holder() == "one")
        work.finish()
        try await one
    }

    @Test func handsOnWhatTheWorkThrows() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await election("one").run { _ in throw Failure() } }
        #expect(try await holder() == nil)
    }

    @Test func patchesNothingButWhatItMeans() async throws {
        _ = try await server.send(
            APIRequest(
                "POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases",
                body: Array(
                    #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"terminator","#.utf8)
                    + Array(#""labels":{"kept":"yes"}},"spec":{"holderIdentity":"","leaseTransitions":4}}"#.utf8)))
        try await election("one").run { _ in }
        let lease = try await object()
        #expect(lease["metadata"]?["labels"]?["kept"]?.text == "yes")
        #expect(lease["spec"]?["leaseTransitions"]?.text == "5")
        #expect(lease["spec"]?["renewTime"]?.text == "2026-11-21T06:45:00.000123Z")
    }

    enum Cut: Sendable { case refused, silent }

    private func election(_ identity: String, _ api: (any KubeAPI)? = nil) -> LeaderElection {
        LeaderElection(
            lease: lease, identity: identity, api: api ?? server,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: Timepiece(clock),
            wall: WallClock { [clock] in 1_795_243_500_000_123 + clock.now.elapsed.components.seconds * 1_000_000 })
    }

    /// Lets time pass in small steps, and everybody do what is due in each.
    private func pass(
        _ what: String, within limit: Duration = .seconds(60), until condition: () -> Bool
    ) async throws {
        let end = clock.now.elapsed + limit
        while !condition() {
            try #require(clock.now.elapsed < end, "\(what) within \(limit)")
            await step()
        }
    }

    private func pass(for duration: Duration) async {
        let end = clock.now.elapsed + duration
        while clock.now.elapsed < end { await step() }
    }

    /// A moment of real time besides, because other tests may keep the threads busy.
    private func step() async {
        clock.advance(by: .milliseconds(200))
        try? await Task.sleep(for: .milliseconds(2))
        for _ in 0..<100 { await Task.yield() }
    }

    private func object() async throws -> YAMLNode {
        let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/terminator"
        return try YAMLNode(parsing: try await server.send(APIRequest("GET", path)).body)
    }

    private func spec() async throws -> YAMLNode? { try await object()["spec"] }

    private func holder() async throws -> String? { try await spec()?["holderIdentity"]?.text }
}

/// Work that goes on until it is told to end, or cancelled.
private final class Work: Sendable {
    private let leadership = Shared<Leadership?>(nil)
    private let running = Shared(false)
    private let end = Signal()
    private let ignoresCancellation: Bool

    init(ignoresCancellation: Bool = false) {
        self.ignoresCancellation = ignoresCancellation
    }

    var isRunning: Bool { running.value }
    var holdsTheLease: Bool { leadership.value?.isHeld ?? false }

    func finish() { end.send() }

    func go(_ leadership: Leadership) async throws {
        self.leadership.change { $0 = leadership }
        running.change { $0 = true }
        defer { running.change { $0 = false } }
        if ignoresCancellation { await Task { _ = await end.wait() }.value } else { _ = await end.wait() }
    }
}
