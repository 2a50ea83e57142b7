import Basics

/// Events on their way to the server, as a value: repeated ones are counted together, and none is written more often than
/// the limits allow. client-go's recorder (`tools/events`), with the spam filter of its older one (`tools/record`).
struct EventLedger: Sendable {
    private struct Entry: Sendable {
        var event: ClusterEvent
        var name: String
        var firstSeen: Int64
        var lastSeen: Int64
        var count = 1
        /// The count that the server knows; 0 before it was created.
        var written = 0
        var lastOccurrence: Duration
        var lastWrite = Duration.zero
        /// In the queue, or being written.
        var isQueued = true
        var failures = 0

        var isUnwritten: Bool { count > written }
    }

    enum Step: Sendable, Equatable {
        case write(EventWrite)
        /// Until something is recorded, or until this moment.
        case wait(until: Duration?)
        /// Closed, and all is written.
        case end
    }

    private let limits: EventLimits
    private var entries: [ClusterEvent.Key: Entry] = [:]
    private var queue = FIFO<ClusterEvent.Key>()
    /// Being written. It goes first until it is through or given up.
    private var current: (key: ClusterEvent.Key, count: Int)?
    /// After a failure, when to try again.
    private var notBefore = Duration.zero
    /// When an event that is not in the queue must be looked at again; `nil` where there is none.
    private var nextCheck: Duration?
    private var buckets: [ObjectReference: TokenBucket] = [:]
    /// Of them, those that were needed still when they were last gone through.
    private var bucketsKept = 0
    private var names = 0
    private var isClosed = false
    private(set) var statistics = EventStatistics()

    init(limits: EventLimits = .init()) {
        self.limits = limits
    }

    /// - Parameter wall: microseconds since 1970, which the event will show.
    mutating func record(_ event: ClusterEvent, at now: Duration, wall: Int64) {
        let key = event.key
        guard !isClosed else {
            statistics.droppedAsFull += 1
            return
        }
        endOldEvents(at: now)
        if entries[key] != nil { return repeatEvent(key, at: now, wall: wall) }
        guard makeRoom() else {
            statistics.droppedAsFull += 1
            return
        }
        guard isAllowed(about: event.regarding, at: now) else {
            statistics.droppedAsSpam += 1
            return
        }
        names += 1
        let name = EventText.name(about: event.regarding.name, microseconds: wall, number: names)
        entries[key] = Entry(event: event, name: name, firstSeen: wall, lastSeen: wall, lastOccurrence: now)
        queue.append(key)
    }

    mutating func next(at now: Duration) -> Step {
        endOldEvents(at: now)
        guard now >= notBefore else { return .wait(until: notBefore) }
        let key = current?.key ?? queue.popFirst()
        guard let key, let entry = entries[key] else {
            return isClosed ? .end : .wait(until: nextCheck)
        }
        current = (key, entry.count)
        return .write(
            EventWrite(
                purpose: entry.written == 0 ? .create : .updateSeries, event: entry.event, name: entry.name,
                firstSeen: entry.firstSeen, lastSeen: entry.lastSeen, count: entry.count))
    }

    /// - Parameter random: in 0..<1, spreads attempts.
    mutating func finished(_ outcome: EventWriteOutcome, at now: Duration, random: Double) {
        guard let current, var entry = entries[current.key] else { return }
        switch outcome {
        case .written:
            statistics.written += 1
            entry.failures = 0
            let isFirst = entry.written == 0
            entry.written = current.count
            entry.lastWrite = now
            // What repeats for the first time is written at once, what goes on repeating now and then.
            entry.isQueued = entry.isUnwritten && (isFirst || isClosed)
        case .missing where entry.written > 0: entry.written = 0
        case .missing, .refused: return giveUp(current.key)
        case .failed:
            entry.failures += 1
            guard entry.failures < limits.attempts else { return giveUp(current.key) }
            let pause = min(limits.pause, .seconds(1) * (1 << min(entry.failures - 1, 20)))
            notBefore = now + pause * (0.5 + random / 2)
            entries[current.key] = entry
            return
        }
        entries[current.key] = entry
        self.current = nil
        if entry.isQueued { queue.append(current.key) } else { check(entry) }
    }

    /// Takes no further event. What the server does not know yet is still written.
    mutating func close() {
        isClosed = true
        for (key, entry) in entries where entry.isUnwritten { enqueue(key) }
    }

    private mutating func repeatEvent(_ key: ClusterEvent.Key, at now: Duration, wall: Int64) {
        statistics.merged += 1
        entries[key]?.count += 1
        entries[key]?.lastSeen = wall
        entries[key]?.lastOccurrence = now
        if entries[key]?.written == 1 { enqueue(key) }
        if let entry = entries[key] { check(entry) }
    }

    /// When something must be done about an event that is not in the queue.
    private func due(_ entry: Entry) -> Duration? {
        guard !entry.isQueued else { return nil }
        let end = entry.lastOccurrence + limits.end
        return entry.isUnwritten ? min(end, entry.lastWrite + limits.refresh) : end
    }

    /// Writes the last count of events that have ended and the present one of those that go on; forgets the former.
    private mutating func endOldEvents(at now: Duration) {
        guard let nextCheck, nextCheck <= now else { return }
        for (key, entry) in entries {
            guard let due = due(entry), due <= now else { continue }
            if entry.isUnwritten { enqueue(key) } else { entries[key] = nil }
        }
        self.nextCheck = entries.values.compactMap(due).min()
    }

    private mutating func check(_ entry: Entry) {
        guard let due = due(entry) else { return }
        nextCheck = min(nextCheck ?? due, due)
    }

    private mutating func enqueue(_ key: ClusterEvent.Key) {
        guard entries[key]?.isQueued == false else { return }
        entries[key]?.isQueued = true
        queue.append(key)
    }

    private mutating func giveUp(_ key: ClusterEvent.Key) {
        statistics.droppedByServer += 1
        entries[key] = nil
        current = nil
    }

    /// Forgets the event that was quiet for longest, if there is one that needs no further write.
    private mutating func makeRoom() -> Bool {
        guard entries.count >= limits.remembered else { return true }
        let finished = entries.filter { !$0.value.isQueued && !$0.value.isUnwritten }
        guard let oldest = finished.min(by: { $0.value.lastOccurrence < $1.value.lastOccurrence }) else { return false }
        entries[oldest.key] = nil
        return true
    }

    private mutating func isAllowed(about object: ObjectReference, at now: Duration) -> Bool {
        // Not each time: there may be events about many objects at once.
        if buckets.count >= max(limits.remembered, 2 * bucketsKept) {
            buckets = buckets.filter { !$0.value.isFull(at: now) }
            bucketsKept = buckets.count
        }
        var bucket = buckets[object] ?? TokenBucket(burst: limits.burst, interval: limits.interval)
        defer { buckets[object] = bucket }
        return bucket.take(at: now)
    }
}

/// What events may cost the cluster and this process. The defaults are client-go's.
public struct EventLimits: Sendable, Equatable {
    /// New events about one object: so many at once …
    public var burst: Int
    /// … and one more each time this has passed (`defaultSpamQPS`).
    public var interval: Duration
    /// An event that happens again is counted; the count is written at the first repetition, then this often.
    public var refresh: Duration
    /// An event that did not happen again for this long has ended; its next occurrence is a new one.
    public var end: Duration
    /// Events remembered, written or not. Beyond that new ones are dropped.
    public var remembered: Int
    /// An event that the server could not take is given up after so many attempts.
    public var attempts: Int
    /// Between two attempts, at most.
    public var pause: Duration

    public init(
        burst: Int = 25, interval: Duration = .seconds(300), refresh: Duration = .seconds(30 * 60),
        end: Duration = .seconds(6 * 60), remembered: Int = 1024, attempts: Int = 12, pause: Duration = .seconds(10)
    ) {
        self.burst = burst
        self.interval = interval
        self.refresh = refresh
        self.end = end
        self.remembered = remembered
        self.attempts = attempts
        self.pause = pause
    }
}

/// What became of the events that were recorded.
public struct EventStatistics: Sendable, Equatable {
    /// Requests that the server accepted.
    public var written = 0
    /// Occurrences that were counted into an event that was there already.
    public var merged = 0
    /// New events beyond the rate that one object is allowed.
    public var droppedAsSpam = 0
    /// New events for which there was no room, or that came after the end.
    public var droppedAsFull = 0
    /// Events that the server refused, or could not take in time.
    public var droppedByServer = 0

    public init() {}
}

/// What an event's writing needs, and nothing of what deciding about it needs.
struct EventWrite: Sendable, Equatable {
    enum Purpose: Sendable, Equatable {
        case create
        /// It was written before: only its count and last time have changed.
        case updateSeries
    }

    var purpose: Purpose
    var event: ClusterEvent
    /// Of the `Event` object.
    var name: String
    /// Microseconds since 1970: of the first occurrence and of the last.
    var firstSeen: Int64
    var lastSeen: Int64
    var count: Int
}

/// What became of a write.
enum EventWriteOutcome: Sendable, Equatable {
    case written
    /// The event is there no more (events live for an hour): it is to be created again.
    case missing
    /// The server will not have it, now or later.
    case refused
    /// It may be tried again.
    case failed
}
