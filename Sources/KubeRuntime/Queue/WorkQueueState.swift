/// Which keys wait to be worked on, and which are being worked on: client-go's work queue as a value.
///
/// - A key that is added again while it waits is worked on once.
/// - A key is worked on by one worker at a time. Added meanwhile, it is queued again when that worker is done.
/// - A key can be added for later; the earliest moment asked for holds.
///
/// Whoever asks says what time it is, on any clock that only goes forward.
public struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
    /// A key to work on, with how long it had to wait.
    public struct Item: Sendable {
        public var key: Key
        public var waited: Duration
    }

    /// No key is taken in any more; those that wait are still handed out, those for later are dropped.
    public private(set) var isShutDown = false
    public private(set) var statistics = WorkQueueStatistics()

    private var queue = FIFO<Key>()
    /// Wants work: waits in the queue, or will as soon as its worker is done. With the moment from which it waits.
    private var dirty: [Key: Duration] = [:]
    /// With the moment at which work began.
    private var processing: [Key: Duration] = [:]
    private var delayed = DelayedKeys<Key>()
    private var delays: RetryDelays<Key>

    public init(delays: RetryDelays<Key> = .init()) {
        self.delays = delays
    }

    /// How many wait to be handed out.
    public var depth: Int { queue.count }
    /// When the next of the keys for later is due.
    public var nextDue: Duration? { delayed.nextDue }
    /// Shut down, nothing left to hand out and nobody at work.
    public var isDrained: Bool { isShutDown && queue.isEmpty && processing.isEmpty }

    public mutating func add(_ key: Key, at now: Duration) {
        guard !isShutDown, dirty[key] == nil else { return }
        statistics.adds += 1
        dirty[key] = now
        if processing[key] == nil { queue.append(key) }
    }

    /// Adds `key` once `delay` has passed, unless it was asked for earlier than that.
    public mutating func add(_ key: Key, after delay: Duration, at now: Duration) {
        guard !isShutDown else { return }
        statistics.retries += 1
        guard delay > .zero else { return add(key, at: now) }
        delayed.insert(key, due: now + delay)
    }

    /// Adds `key` after as long as its failures in a row and the queue's rate demand.
    public mutating func addRateLimited(_ key: Key, at now: Duration) {
        add(key, after: delays.delay(for: key, at: now), at: now)
    }

    /// Its failures count no more.
    public mutating func forget(_ key: Key) { delays.forget(key) }

    public func failures(of key: Key) -> Int { delays.failures(of: key) }

    /// The next key to work on. Whoever takes it calls `done` when its work is over.
    public mutating func take(at now: Duration) -> Item? {
        addDue(at: now)
        guard let key = queue.popFirst() else { return nil }
        let since = dirty.removeValue(forKey: key) ?? now
        processing[key] = now
        return Item(key: key, waited: now - since)
    }

    /// The work on `key` is over.
    ///
    /// - Returns: how long it took; `nil` where nobody worked on it.
    @discardableResult
    public mutating func done(_ key: Key, at now: Duration) -> Duration? {
        guard let began = processing.removeValue(forKey: key) else { return nil }
        if dirty[key] != nil { queue.append(key) }
        return now - began
    }

    public mutating func shutDown() {
        isShutDown = true
        delayed = DelayedKeys()
    }

    /// For how long those at work have been at it: all together, and the longest.
    public func running(at now: Duration) -> (unfinished: Duration, longest: Duration) {
        processing.values.reduce((.zero, .zero)) { sums, began in
            (sums.unfinished + (now - began), max(sums.longest, now - began))
        }
    }

    /// Lets into the queue what is due by now.
    public mutating func addDue(at now: Duration) {
        while let key = delayed.popDue(at: now) { add(key, at: now) }
    }
}
