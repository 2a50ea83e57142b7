public import Basics

/// Which keys wait to be worked on, and which are being worked on: client-go's work queue as a value.
///
/// - A key that is added again while it waits is worked on once.
/// - A key is worked on by one worker at a time. Added meanwhile, it is queued again when that worker is done.
/// - A key can be added for later; the earliest moment asked for holds.
/// - Keys of different flows are handed out in turn, so that a flow with many delays no other's.
///
/// Whoever asks says what time it is, on any clock that only goes forward.
struct WorkQueueState<Key: Hashable & Sendable>: Sendable {
    /// A key to work on, with how long it had to wait.
    struct Item: Sendable {
        var key: Key
        var waited: Duration
    }

    /// No key is taken in any more; those that wait are still handed out, those for later are dropped.
    private(set) var isShutDown = false
    private(set) var statistics = WorkQueueStatistics()

    private var queue = FairQueue<String, Key>()
    /// Wants work: waits in the queue, or will as soon as its worker is done. With the moment from which it waits.
    private var dirty: [Key: Duration] = [:]
    /// With the moment at which work began.
    private var processing: [Key: Duration] = [:]
    private var delayed = DelayedKeys<Key>()
    private var delays: RetryDelays<Key>
    private let flow: @Sendable (Key) -> String

    init(delays: RetryDelays<Key> = .init(), flow: @escaping @Sendable (Key) -> String = { _ in "" }) {
        self.delays = delays
        self.flow = flow
    }

    /// How many wait to be handed out.
    var depth: Int { queue.count }
    /// How many are being worked on.
    var atWork: Int { processing.count }
    /// When the next of the keys for later is due.
    var nextDue: Duration? { delayed.nextDue }
    /// Shut down, nothing left to hand out and nobody at work.
    var isDrained: Bool { isShutDown && queue.isEmpty && processing.isEmpty }

    mutating func add(_ key: Key, at now: Duration) {
        guard !isShutDown, dirty[key] == nil else { return }
        statistics.adds += 1
        dirty[key] = now
        if processing[key] == nil { queue.append(key, to: flow(key)) }
    }

    /// Adds `key` once `delay` has passed, unless it was asked for earlier than that.
    mutating func add(_ key: Key, after delay: Duration, at now: Duration) {
        guard !isShutDown else { return }
        statistics.retries += 1
        guard delay > .zero else { return add(key, at: now) }
        delayed.insert(key, due: now + delay)
    }

    /// Adds `key` after as long as its failures in a row and the queue's rate demand.
    mutating func addRateLimited(_ key: Key, at now: Duration) {
        add(key, after: delays.delay(for: key, at: now), at: now)
    }

    /// Its failures count no more.
    mutating func forget(_ key: Key) { delays.forget(key) }

    func failures(of key: Key) -> Int { delays.failures(of: key) }

    /// The next key to work on. Whoever takes it calls `done` when its work is over.
    mutating func take(at now: Duration) -> Item? {
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
    mutating func done(_ key: Key, at now: Duration) -> Duration? {
        guard let began = processing.removeValue(forKey: key) else { return nil }
        if dirty[key] != nil { queue.append(key, to: flow(key)) }
        return now - began
    }

    mutating func shutDown() {
        isShutDown = true
        delayed = DelayedKeys()
    }

    /// For how long those at work have been at it: all together, and the longest.
    func running(at now: Duration) -> (unfinished: Duration, longest: Duration) {
        processing.values.reduce((.zero, .zero)) { sums, began in
            (sums.unfinished + (now - began), max(sums.longest, now - began))
        }
    }

    /// Lets into the queue what is due by now.
    mutating func addDue(at now: Duration) {
        while let key = delayed.popDue(at: now) { add(key, at: now) }
    }
}

/// What a work queue has counted since it was made.
struct WorkQueueStatistics: Sendable, Equatable {
    /// Keys taken into the queue; one that waited already does not count again.
    var adds = 0
    /// Keys added for later.
    var retries = 0

    init() {}
}

/// How long each key waits before it is tried again: doubling from 5 ms to 1000 s for each failure in a row, and no
/// more than 10 a second over all keys beyond a burst of 100. The defaults are those of client-go's
/// `DefaultTypedControllerRateLimiter`. Without a bucket each key waits for its own failures alone: for keys of many owners,
/// of whom none is to wait for another's.
public struct RetryDelays<Key: Hashable & Sendable>: Sendable {
    private let base: Duration
    private let maximum: Duration
    private var bucket: TokenBucket?
    private var failures: [Key: Int] = [:]

    public init(
        base: Duration = .milliseconds(5), maximum: Duration = .seconds(1000),
        bucket: TokenBucket? = TokenBucket(burst: 100, interval: .milliseconds(100))
    ) {
        self.base = base
        self.maximum = maximum
        self.bucket = bucket
    }

    /// Counts a failure of `key`, and says how long it is to wait.
    public mutating func delay(for key: Key, at now: Duration) -> Duration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        return max(backoff(after: count), bucket?.reserve(at: now) ?? .zero)
    }

    /// The key did well, or will never be tried again.
    public mutating func forget(_ key: Key) { failures[key] = nil }

    public func failures(of key: Key) -> Int { failures[key, default: 0] }

    private func backoff(after count: Int) -> Duration {
        var delay = base
        for _ in 0..<count where delay < maximum { delay = delay * 2 }
        return min(delay, maximum)
    }
}

/// Keys with the moments at which they are due; each key once, at the earliest moment it was given. A binary heap.
struct DelayedKeys<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        var due: Duration
        /// Among those due at the same moment the one that came first goes first.
        var number: Int
    }

    private var heap: [Entry] = []
    private var due: [Key: Duration] = [:]
    private var count = 0

    /// The earliest moment at which a key is due.
    var nextDue: Duration? { heap.first?.due }

    mutating func insert(_ key: Key, due moment: Duration) {
        if let present = due[key], present <= moment { return }
        due[key] = moment
        count += 1
        heap.append(Entry(key: key, due: moment, number: count))
        rise(heap.count - 1)
    }

    /// Removes and returns a key that is due.
    mutating func popDue(at now: Duration) -> Key? {
        while let first = heap.first, first.due <= now {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            sink(0)
            // An entry whose key was given an earlier moment since has been overtaken by that one.
            guard due[first.key] == first.due else { continue }
            due[first.key] = nil
            return first.key
        }
        return nil
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (heap[one].due, heap[one].number) < (heap[other].due, heap[other].number)
    }

    private mutating func rise(_ start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            let least = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
                .reduce(index) { isBefore($1, $0) ? $1 : $0 }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
