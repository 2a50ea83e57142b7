public import Basics
internal import Synchronization

/// Keys to be worked on, and the workers: the shell around `WorkQueueState`.
///
///     let queue = WorkQueue<ObjectKey>()
///     await queue.run(workers: 4) { key in await reconcile(key) ? .done : .failed }
public final class WorkQueue<Key: Hashable & Sendable>: Sendable {
    private struct Content {
        var state: WorkQueueState<Key>
        /// Workers without work, longest waiting first, each with what wakes it.
        var idle: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var lastNumber = 0
    }

    private let content: Mutex<Content>
    private let time: Timepiece
    private let metrics: WorkQueueMetrics?
    /// The moment at which the next key for later is due has changed.
    private let timerSignal = Signal()

    public init(delays: RetryDelays<Key> = .init(), time: Timepiece = .system, metrics: WorkQueueMetrics? = nil) {
        content = Mutex(Content(state: WorkQueueState(delays: delays)))
        self.time = time
        self.metrics = metrics
    }

    public func add(_ key: Key) { change { $0.add(key, at: $1) } }

    /// Adds `key` once `delay` has passed, unless it was asked for earlier than that.
    public func add(_ key: Key, after delay: Duration) { change { $0.add(key, after: delay, at: $1) } }

    /// Its failures count no more.
    public func forget(_ key: Key) { change { state, _ in state.forget(key) } }

    /// Takes in no further key. `run` returns once those that wait have been worked on.
    public func shutDown() { change { state, _ in state.shutDown() } }

    /// How many keys wait to be worked on.
    public var depth: Int { content.withLock { $0.state.depth } }

    /// Hands the current figures to the metrics; to be called before each exposition.
    public func recordMetrics() {
        let now = time.now()
        content.withLock { metrics?.record($0.state, at: now) }
    }

    /// Works on keys until the queue is shut down and empty, or until the task is cancelled; then what waits is left
    /// and the work at hand is cancelled and waited for. To be called once.
    ///
    /// `work`: called by at most `workers` tasks at once, and never by two for one key.
    public func run(workers: Int, _ work: @escaping @Sendable (Key) async -> WorkOutcome) async {
        await withTaskGroup(of: Void.self) { timer in
            timer.addTask { await self.wakeWhenDue() }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<max(1, workers) { group.addTask { await self.worker(work) } }
            }
            timer.cancelAll()
        }
    }

    private func worker(_ work: @Sendable (Key) async -> WorkOutcome) async {
        while !Task.isCancelled {
            switch content.withLock({ Self.next(&$0.state, at: time.now()) }) {
            case .work(let item):
                metrics?.waited(item.waited)
                finish(item.key, await work(item.key))
            case .wait: await becomeIdle()
            case .end: return
            }
        }
    }

    private enum Step {
        case work(WorkQueueState<Key>.Item)
        case wait
        case end
    }

    private static func next(_ state: inout WorkQueueState<Key>, at now: Duration) -> Step {
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
        let (woken, isTimerStale) = content.withLock { content in
            let due = content.state.nextDue
            body(&content.state, now)
            return (Self.toWake(&content), content.state.nextDue != due)
        }
        for continuation in woken { continuation.resume() }
        if isTimerStale { timerSignal.send() }
    }

    /// As many idle workers as there are keys for; all of them at the end.
    private static func toWake(_ content: inout Content) -> [CheckedContinuation<Void, Never>] {
        let count = content.state.isDrained ? content.idle.count : min(content.idle.count, content.state.depth)
        let woken = content.idle.prefix(count).map(\.continuation)
        content.idle.removeFirst(count)
        return woken
    }

    private func becomeIdle() async {
        let number = content.withLock { content in
            content.lastNumber += 1
            return content.lastNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWanted = content.withLock { content in
                    // What came since this worker last looked must not be slept through.
                    if content.state.depth > 0 || content.state.isDrained || Task.isCancelled { return true }
                    content.idle.append((number, continuation))
                    return false
                }
                if isWanted { continuation.resume() }
            }
        } onCancel: {
            let continuation = content.withLock { content in
                content.idle.firstIndex { $0.number == number }.map { content.idle.remove(at: $0).continuation }
            }
            continuation?.resume()
        }
    }

    /// Lets the keys for later into the queue when they are due.
    private func wakeWhenDue() async {
        while !Task.isCancelled {
            await timerSignal.wait(until: content.withLock { $0.state.nextDue }, time)
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
