import Basics

/// Events on their way to the server, as a value: repeated ones are counted together, none is written more often than the
/// limits allow, and of each object the newest is written first, however many wait. client-go's recorder (`tools/events`),
/// with the spam filter of its older one (`tools/record`).
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
        /// In a queue, put off after a failure, or being written.
        var isQueued = true
        var failures = 0

        var isUnwritten: Bool { count > written }
    }

    enum Step: Sendable, Equatable {
        case write(EventWrite)
        /// Until something is recorded or written, or until this moment.
        case wait(until: Duration?)
        /// Closed, and all is written.
        case end
    }

    private let limits: EventLimits
    private var entries: [ClusterEvent.Key: Entry] = [:]
    /// Objects of which something is to be written, in the order in which it came …
    private var objects = FIFO<ObjectReference>()
    /// … what is newest of each …
    private var newest: [ObjectReference: ClusterEvent.Key] = [:]
    /// … and what was overtaken by that: to be written when nothing else is.
    private var overtaken = FIFO<ClusterEvent.Key>()
    /// Failed, to be tried again later.
    private var putOff = DelayedKeys<ClusterEvent.Key>()
    /// Entries that are queued, put off or being written.
    private var waiting = 0
    private var underWay = 0
    private var failuresInARow = 0
    /// Writes by which a server that is away was asked whether it is back.
    private var probes = 0
    /// While the server takes nothing at all, when to try again.
    private var notBefore = Duration.zero
    /// When an event that is not in the queue must be looked at again; `nil` where there is none.
    private var nextCheck: Duration?
    private var spam: SpamFilter
    private var names = 0
    private var isClosed = false
    private(set) var statistics = EventStatistics()

    init(limits: EventLimits = .init()) {
        self.limits = limits
        spam = SpamFilter(limits)
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
        guard waiting < limits.waiting || dropOvertaken(by: key) else {
            statistics.droppedAsFull += 1
            return
        }
        guard spam.allows(event.regarding, at: now) else {
            statistics.droppedAsSpam += 1
            return
        }
        names += 1
        let name = EventText.name(about: event.regarding.name, microseconds: wall, number: names)
        entries[key] = Entry(event: event, name: name, firstSeen: wall, lastSeen: wall, lastOccurrence: now)
        waiting += 1
        enqueue(key)
    }

    mutating func next(at now: Duration) -> Step {
        endOldEvents(at: now)
        while let key = putOff.popDue(at: now) { if isQueued(key) { enqueue(key, isLate: true) } }
        // Of a server that takes nothing one write finds out whether it does again.
        guard underWay < (isServerAway ? 1 : max(1, limits.concurrency)) else { return .wait(until: nil) }
        let isIdle = newest.isEmpty && overtaken.isEmpty
        if !isIdle, now < notBefore { return .wait(until: notBefore) }
        guard let key = popFirst(), let entry = entries[key] else {
            if isClosed, waiting == 0 { return .end }
            return .wait(until: [nextCheck, putOff.nextDue].compactMap { $0 }.min())
        }
        underWay += 1
        return .write(
            EventWrite(
                purpose: entry.written == 0 ? .create : .updateSeries, event: entry.event, name: entry.name,
                firstSeen: entry.firstSeen, lastSeen: entry.lastSeen, count: entry.count))
    }

    /// What became of a write that `next` has handed out.
    ///
    /// - Parameter random: in 0..<1, spreads attempts.
    mutating func finished(_ write: EventWrite, _ outcome: EventWriteOutcome, at now: Duration, random: Double) {
        let key = write.event.key
        underWay -= 1
        guard var entry = entries[key] else { return }
        failuresInARow = outcome == .failed ? failuresInARow + 1 : 0
        if !isServerAway { probes = 0 }
        switch outcome {
        case .written:
            statistics.written += 1
            entry.failures = 0
            let isFirst = entry.written == 0
            entry.written = write.count
            entry.lastWrite = now
            // What repeats for the first time is written at once, what goes on repeating now and then.
            entry.isQueued = entry.isUnwritten && (isFirst || isClosed)
        case .missing where entry.written > 0: entry.written = 0
        case .missing, .refused: return giveUp(key)
        case .failed:
            entry.failures += 1
            guard entry.failures < limits.attempts else { return giveUp(key) }
            entries[key] = entry
            putOff.insert(key, due: now + pause(after: entry.failures, random))
            if isServerAway, underWay == 0 {
                probes += 1
                notBefore = now + pause(after: probes, random)
            }
            return
        }
        entries[key] = entry
        if entry.isQueued { return enqueue(key) }
        waiting -= 1
        check(entry)
        forgetOld()
    }

    /// Takes no further event. What the server does not know yet is still written.
    mutating func close() {
        isClosed = true
        for (key, entry) in entries where entry.isUnwritten && !entry.isQueued { queueAgain(key) }
    }

    /// Events and objects of which something is remembered.
    var size: Int { entries.count + spam.size }

    private var isServerAway: Bool { failuresInARow > limits.patience }

    private func pause(after failures: Int, _ random: Double) -> Duration {
        min(limits.pause, .seconds(1) * (1 << min(max(failures - 1, 0), 20))) * (0.5 + random / 2)
    }

    private mutating func repeatEvent(_ key: ClusterEvent.Key, at now: Duration, wall: Int64) {
        statistics.merged += 1
        entries[key]?.count += 1
        entries[key]?.lastSeen = wall
        entries[key]?.lastOccurrence = now
        if entries[key]?.written == 1 { queueAgain(key) }
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
            if entry.isUnwritten { queueAgain(key) } else { entries[key] = nil }
        }
        self.nextCheck = entries.values.compactMap(due).min()
    }

    private mutating func check(_ entry: Entry) {
        guard let due = due(entry) else { return }
        nextCheck = min(nextCheck ?? due, due)
    }
}

extension EventLedger {
    private mutating func queueAgain(_ key: ClusterEvent.Key) {
        guard entries[key]?.isQueued == false else { return }
        entries[key]?.isQueued = true
        waiting += 1
        enqueue(key)
    }

    /// - Parameter isLate: it has waited for its next attempt: what came of its object meanwhile is newer.
    private mutating func enqueue(_ key: ClusterEvent.Key, isLate: Bool = false) {
        let object = key.regarding
        guard let present = newest[object] else {
            newest[object] = key
            return objects.append(object)
        }
        overtaken.append(isLate ? key : present)
        if !isLate { newest[object] = key }
    }

    private func isQueued(_ key: ClusterEvent.Key) -> Bool { entries[key]?.isQueued == true }

    private mutating func popFirst() -> ClusterEvent.Key? {
        while let object = objects.popFirst() {
            if let key = newest.removeValue(forKey: object), isQueued(key) { return key }
        }
        while let key = overtaken.popFirst() { if isQueued(key) { return key } }
        return nil
    }

    /// Makes room for a newer event: what was overtaken first, then what this one overtakes.
    private mutating func dropOvertaken(by key: ClusterEvent.Key) -> Bool {
        var old = overtaken.popFirst()
        while let key = old, !isQueued(key) { old = overtaken.popFirst() }
        // It keeps its object's place in the queue.
        guard let old = old ?? newest[key.regarding] else { return false }
        if newest[key.regarding] == old { newest[key.regarding] = nil }
        statistics.droppedAsFull += 1
        forget(old)
        return true
    }

    private mutating func giveUp(_ key: ClusterEvent.Key) {
        statistics.droppedByServer += 1
        forget(key)
    }

    private mutating func forget(_ key: ClusterEvent.Key) {
        if entries.removeValue(forKey: key)?.isQueued == true { waiting -= 1 }
    }

    /// Forgets half of those that are written, the ones quiet for longest, when there are too many of them.
    private mutating func forgetOld() {
        guard entries.count - waiting > limits.remembered else { return }
        let told = entries.filter { !$0.value.isQueued && !$0.value.isUnwritten }
            .sorted { $0.value.lastOccurrence < $1.value.lastOccurrence }
        for (key, _) in told.prefix(max(1, told.count - limits.remembered / 2)) { entries[key] = nil }
    }
}

/// How many new events each object may have.
private struct SpamFilter: Sendable {
    private let limits: EventLimits
    private var buckets: [ObjectReference: TokenBucket] = [:]

    init(_ limits: EventLimits) { self.limits = limits }

    var size: Int { buckets.count }

    mutating func allows(_ object: ObjectReference, at now: Duration) -> Bool {
        if buckets.count >= limits.remembered, buckets[object] == nil { shrink(at: now) }
        var bucket = buckets[object] ?? TokenBucket(burst: limits.burst, interval: limits.interval)
        defer { buckets[object] = bucket }
        return bucket.take(at: now)
    }

    /// There may be events about very many objects: those that had few are forgotten first.
    private mutating func shrink(at now: Duration) {
        let half = limits.interval * (limits.burst / 2)
        buckets = buckets.filter { !$0.value.isFull(at: now + half) }
        if buckets.count * 2 > limits.remembered { buckets = [:] }
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
    /// Events remembered once they are written, to be counted when they repeat.
    public var remembered: Int
    /// Events that wait to be written. Beyond that those are dropped of which their object has newer ones, then new ones.
    public var waiting: Int
    /// Writes under way at once.
    public var concurrency: Int
    /// After so many failures in a row the server is away, and one write alone finds out when it is back.
    public var patience: Int
    /// An event that the server could not take is given up after so many attempts.
    public var attempts: Int
    /// Between two attempts, at most.
    public var pause: Duration

    public init(
        burst: Int = 25, interval: Duration = .seconds(300), refresh: Duration = .seconds(30 * 60),
        end: Duration = .seconds(6 * 60), remembered: Int = 1024, waiting: Int = 1024, concurrency: Int = 4,
        patience: Int = 8, attempts: Int = 12, pause: Duration = .seconds(10)
    ) {
        self.burst = burst
        self.interval = interval
        self.refresh = refresh
        self.end = end
        self.remembered = remembered
        self.waiting = waiting
        self.concurrency = concurrency
        self.patience = patience
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
