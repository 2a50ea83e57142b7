public import Basics
internal import Glibc
public import KubeClient
public import KubeModel
public import Logging
internal import Synchronization

/// Lets one of several processes work at a time: whoever holds a `Lease` (coordination.k8s.io/v1).
///
///     try await election.run { leadership in await controller.run() }
public struct LeaderElection: Sendable {
    private let lease: ObjectKey
    private let identity: String
    private let timing: ElectionTiming
    private let api: any KubeAPI
    private let time: Timepiece
    private let wall: WallClock
    private let metrics: LeaderElectionMetrics?
    private let logger: Logger
    /// Where the lease is kept; a test's own knows when nothing is left to do.
    var executor: (any TaskExecutor)?

    /// No other process may ever have the same `identity`; see `uniqueIdentity`.
    public init(
        lease: ObjectKey, identity: String = LeaderElection.uniqueIdentity(), timing: ElectionTiming = .standard,
        api: any KubeAPI, metrics: LeaderElectionMetrics? = nil, logger: Logger, time: Timepiece = .system,
        wall: WallClock = .system
    ) {
        self.lease = lease
        self.identity = identity
        self.timing = timing
        self.api = api
        self.metrics = metrics
        self.logger = logger
        self.time = time
        self.wall = wall
    }

    /// The host's name, which is the pod's, and a random part: a container that starts again is another.
    public static func uniqueIdentity() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(host.isEmpty ? "unknown" : host)_\(String(UInt64.random(in: .min ... .max), radix: 16))"
    }

    /// Waits for the lease, works, and gives the lease back when the work has ended. The lease is renewed until then,
    /// even while the work winds down because the task was cancelled.
    ///
    /// - Throws: `LeadershipLost` when another may work: `work` was cancelled at that moment and has ended. What `work`
    ///   throws. `CancellationError` when the task was cancelled before it led.
    public func run<Value: Sendable>(
        _ work: @escaping @Sendable (Leadership) async throws -> Value
    ) async throws -> Value {
        let leadership = Leadership(time)
        let keeper = LeaseKeeper(
            identity: identity, timing: timing, requests: LeaseRequests(lease: lease, timeout: timing.request),
            api: api, time: time, wall: wall,
            reporter: ElectionReporter(lease, identity: identity, metrics: metrics, logger: logger),
            leadership: leadership)
        // Not a child, which would be cancelled along with the work: the lease must be kept until the work has ended,
        // and given back after that. It ends within `timing.request`.
        let keeping = Task(executorPreference: executor) { await keeper.run() }
        let result: Result<Value?, any Error>
        do { result = .success(try await lead(leadership, work)) } catch { result = .failure(error) }
        keeper.stop()
        let holder = await keeping.value
        guard let value = try result.get() else { throw LeadershipLost(lease: "\(lease)", holder: holder) }
        return value
    }

    /// - Returns: `nil` when leadership was lost.
    private func lead<Value: Sendable>(
        _ leadership: Leadership, _ work: @escaping @Sendable (Leadership) async throws -> Value
    ) async throws -> Value? {
        await leadership.begin()
        try Task.checkCancellation()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work(leadership) }
            group.addTask {
                await leadership.end()
                return nil
            }
            defer { group.cancelAll() }
            if let value = try await group.next() ?? nil { return value }
            // Lost, unless it is this task that was cancelled: then what counts is how the work ends.
            guard Task.isCancelled else { return nil }
            return try await group.next() ?? nil
        }
    }
}

/// The time during which one elector leads, for the work that may go on only then.
public final class Leadership: Sendable {
    private enum State {
        case sought
        case held(until: Duration)
        case over
    }

    private let state = Mutex(State.sought)
    private let began = Signal()
    private let ended = Signal()
    private let time: Timepiece

    init(_ time: Timepiece) {
        self.time = time
    }

    /// Whether this process leads at this very moment, as far as it can know: to be asked before an action that another
    /// leader must not meet. Even so, a process that is stopped right after asking acts late; so every action is
    /// idempotent or carries a precondition.
    public var isHeld: Bool {
        let now = time.now()
        return state.withLock { if case .held(let until) = $0 { now < until } else { false } }
    }

    func hold(until: Duration) {
        state.withLock { $0 = .held(until: until) }
        began.send()
    }

    func lose() {
        state.withLock { $0 = .over }
        ended.send()
    }

    /// Returns once it is held, or when the task is cancelled.
    func begin() async { _ = await began.wait() }

    /// Returns once it is lost, or when the task is cancelled.
    func end() async { _ = await ended.wait() }
}

/// The lease could not be renewed in time, or another holds it. The work was cancelled and has ended.
public struct LeadershipLost: Error, Sendable, CustomStringConvertible {
    public var lease: String
    /// Who holds it, as far as is known; empty where nobody does.
    public var holder: String

    public var description: String {
        "lost the lease \(lease)" + (holder.isEmpty ? "" : " to \(holder)")
            + ": it was not renewed in time; the API server may be unreachable or this process was stopped"
    }
}
