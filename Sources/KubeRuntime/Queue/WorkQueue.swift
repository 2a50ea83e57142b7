public import Basics
internal import Synchronization
package import Telemetry

/// Keys to be worked on, and who works on them: the shell around `WorkQueueState`.
///
///     let queue = WorkQueue<ObjectKey>()
///     await queue.run(workers: 4) { key in await reconcile(key) ? .done : .failed }
public final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private let state: Mutex<WorkQueueState<Key>>
    private let time: Timepiece
    private let metrics: WorkQueueMetrics?
    /// There may be something to hand out.
    private let workSignal = Signal()
    /// The moment at which the next key for later is due has changed.
    private let timerSignal = Signal()
    /// When work that has not ended is given up.
    private let deadline = Mutex<Duration?>(nil)
    private let deadlineSignal = Signal()

    /// `flow` says whose a key is, such as its namespace: keys of different flows are worked on in turn.
    public init(
        delays: RetryDelays<Key> = .init(), flow: @escaping @Sendable (Key) -> String = { _ in "" },
        time: Timepiece = .system, metrics: WorkQueueMetrics? = nil
    ) {
        state = Mutex(WorkQueueState(delays: delays, flow: flow))
        self.time = time
        self.metrics = metrics
    }

    public func add(_ key: Key) { change { $0.add(key, at: $1) } }

    /// Adds `key` once `delay` has passed, unless it was asked for earlier than that.
    public func add(_ key: Key, after delay: Duration) { change { $0.add(key, after: delay, at: $1) } }

    /// Its failures count no more.
    public func forget(_ key: Key) { change { state, _ in state.forget(key) } }

    /// Takes in no further key. `run` returns once those that wait have been worked on, or after `limit`: then what waits is
    /// left, and the work at hand is cancelled and waited for.
    public func shutDown(within limit: Duration? = nil) {
        if let limit {
            let end = time.now() + limit
            deadline.withLock { $0 = min($0 ?? end, end) }
            deadlineSignal.send()
        }
        change { state, _ in state.shutDown() }
    }

    /// How many keys wait to be worked on.
    public var depth: Int { state.withLock { $0.depth } }

    /// Hands the current figures to the metrics; to be called before each exposition.
    public func recordMetrics() {
        let now = time.now()
        state.withLock { metrics?.record($0, at: now) }
    }

    /// Works on keys until the queue is shut down and empty, or until the task is cancelled; then what waits is left
    /// and the work at hand is cancelled and waited for. To be called once.
    ///
    /// `work`: called by at most `workers` tasks at once, and never by two for one key. A task is made for each key and ends
    /// with the work on it, so that many may be allowed, and nothing is kept of those who have nothing to do.
    public func run(workers: Int, _ work: @escaping @Sendable (Key) async -> WorkOutcome) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.workOff(workers: workers, work) }
            group.addTask { await self.awaitDeadline() }
            group.addTask { await self.wakeWhenDue() }
            await group.next()
            group.cancelAll()
        }
    }

    private func workOff(workers: Int, _ work: @escaping @Sendable (Key) async -> WorkOutcome) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                switch state.withLock({ Self.next(&$0, at: time.now(), limit: max(1, workers)) }) {
                case .work(let item):
                    metrics?.waited(item.waited)
                    group.addTask { self.finish(item.key, await work(item.key)) }
                case .wait: await workSignal.wait()
                case .end: return
                }
            }
        }
    }

    private func awaitDeadline() async {
        while !Task.isCancelled {
            let end = deadline.withLock { $0 }
            if let end, end <= time.now() { return }
            await deadlineSignal.wait(until: end, time)
        }
    }

    private enum Step {
        case work(WorkQueueState<Key>.Item)
        case wait
        case end
    }

    private static func next(_ state: inout WorkQueueState<Key>, at now: Duration, limit: Int) -> Step {
        guard state.atWork < limit else { return .wait }
        if let item = state.take(at: now) { return .work(item) }
        return state.isDrained ? .end : .wait
    }

    private func finish(_ key: Key, _ outcome: WorkOutcome) {
        change { state, now in
            switch outcome {
            case .done: state.forget(key)
            case .again(let delay):
                state.forget(key)
                state.add(key, after: delay, at: now)
            case .failed: state.addRateLimited(key, at: now)
            }
            if let worked = state.done(key, at: now) { metrics?.worked(worked) }
        }
    }

    /// Every change goes through here, so that none is made without waking whom it concerns.
    private func change(_ body: (inout WorkQueueState<Key>, Duration) -> Void) {
        let now = time.now()
        let (isPressing, isTimerStale) = state.withLock { state in
            let due = state.nextDue
            body(&state, now)
            return (state.depth > 0 || state.isDrained, state.nextDue != due)
        }
        if isPressing { workSignal.send() }
        if isTimerStale { timerSignal.send() }
    }

    /// Lets the keys for later into the queue when they are due.
    private func wakeWhenDue() async {
        while !Task.isCancelled {
            await timerSignal.wait(until: state.withLock { $0.nextDue }, time)
            change { state, now in state.addDue(at: now) }
        }
    }
}

/// What is to become of a key after it was worked on.
public enum WorkOutcome: Sendable, Equatable {
    /// It did well: its failures count no more.
    case done
    /// It did well, and is to be looked at again after this time.
    case again(after: Duration)
    /// It failed: to be tried again, each time after a longer wait.
    case failed
}

/// A work queue's metrics, named as those of every controller (`workqueue_…`, label `name`), so that existing
/// dashboards and alerts fit.
public struct WorkQueueMetrics: Sendable {
    private let name: String
    private let depth: Gauge
    private let adds: Counter
    private let retries: Counter
    private let latency: Histogram
    private let work: Histogram
    private let unfinished: Gauge
    private let longest: Gauge

    /// From 10 ns to 10 s (client-go: `ExponentialBuckets(10e-9, 10, 10)`).
    private static let bounds = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]

    /// - Parameter name: the value of the label `name`, the queue's own.
    package init(_ registry: MetricRegistry, name: String) {
        self.name = name
        depth = registry.gauge("workqueue_depth", "Keys that wait to be worked on.", labels: ["name"])
        adds = registry.counter("workqueue_adds_total", "Keys taken into the queue.", labels: ["name"])
        retries = registry.counter("workqueue_retries_total", "Keys added for later.", labels: ["name"])
        latency = registry.histogram(
            "workqueue_queue_duration_seconds", "How long a key waited before it was worked on.",
            bounds: Self.bounds, labels: ["name"])
        work = registry.histogram(
            "workqueue_work_duration_seconds", "How long the work on a key took.",
            bounds: Self.bounds, labels: ["name"])
        unfinished = registry.gauge(
            "workqueue_unfinished_work_seconds", "For how long those at work have been at it, all together.",
            labels: ["name"])
        longest = registry.gauge(
            "workqueue_longest_running_processor_seconds", "For how long the one that works longest has been at it.",
            labels: ["name"])
    }

    func waited(_ time: Duration) { latency.observe(time.inSeconds, name) }

    func worked(_ time: Duration) { work.observe(time.inSeconds, name) }

    /// Called before each exposition.
    func record<Key>(_ state: WorkQueueState<Key>, at now: Duration) {
        let running = state.running(at: now)
        depth.set(Double(state.depth), name)
        adds.record(total: Double(state.statistics.adds), name)
        retries.record(total: Double(state.statistics.retries), name)
        unfinished.set(running.unfinished.inSeconds, name)
        longest.set(running.longest.inSeconds, name)
    }
}
