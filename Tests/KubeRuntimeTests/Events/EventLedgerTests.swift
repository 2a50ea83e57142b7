import KubeModel
import Testing

@testable import KubeClient
@testable import KubeRuntime

@Suite struct EventLedgerTests {
    private var ledger = EventLedger()
    /// The write that `nextWrite` brought last.
    private var current: EventWrite?

    @Test mutating func createsAnEventOnce() {
        record("Started", at: 1)
        let write = nextWrite(at: 1)
        #expect(write?.purpose == .create)
        #expect(write?.count == 1)
        #expect(write?.firstSeen == 1_000_000)
        finish(.written, at: 1)
        // Looked at again once it has ended.
        #expect(ledger.next(at: .seconds(2)) == .wait(until: .seconds(361)))
        #expect(ledger.next(at: .seconds(361)) == .wait(until: nil))
    }

    @Test mutating func tellsTheFirstRepetitionAtOnceAndTheOthersNowAndThen() {
        record("Started", at: 0)
        _ = nextWrite(at: 0)
        finish(.written, at: 0)
        record("Started", at: 10)
        let second = nextWrite(at: 10)
        #expect(second?.purpose == .updateSeries)
        #expect(second?.count == 2)
        #expect(second?.firstSeen == 0)
        #expect(second?.lastSeen == 10_000_000)
        finish(.written, at: 10)
        for moment in stride(from: 20.0, to: 1800, by: 100) {
            record("Started", at: moment)
            #expect(nextWrite(at: moment) == nil)
        }
        let refreshed = nextWrite(at: 1810)
        #expect(refreshed?.purpose == .updateSeries)
        #expect(refreshed?.count == 20)
        #expect(refreshed?.lastSeen == 1_720_000_000)
    }

    @Test mutating func tellsTheLastCountWhenItEnds() {
        for moment in [0.0, 1, 2, 3] {
            record("Started", at: moment)
            if nextWrite(at: moment) != nil { finish(.written, at: moment) }
        }
        #expect(ledger.next(at: .seconds(360)) == .wait(until: .seconds(363)))
        #expect(nextWrite(at: 363)?.count == 4)
        finish(.written, at: 363)
        // After its end the same is a new event.
        record("Started", at: 364)
        #expect(nextWrite(at: 364)?.purpose == .create)
    }

    @Test mutating func countsWhatRepeatsBeforeItIsWritten() {
        for moment in [0.0, 1, 2] { record("Started", at: moment) }
        let write = nextWrite(at: 3)
        #expect(write?.purpose == .create)
        #expect(write?.count == 3)
        record("Started", at: 4)
        finish(.written, at: 5)
        let next = nextWrite(at: 5)
        #expect(next?.purpose == .updateSeries)
        #expect(next?.count == 4)
        #expect(ledger.statistics.merged == 3)
    }

    @Test(arguments: [
        // What must be the same for an event to be the same.
        (ClusterEvent(regarding: Self.pod, reason: "Started", note: "other words"), true),
        (ClusterEvent(.warning, regarding: Self.pod, reason: "Started", note: ""), false),
        (ClusterEvent(regarding: Self.pod, reason: "Ended", note: ""), false),
        (ClusterEvent(regarding: Self.pod, reason: "Started", action: "http", note: ""), false),
        (ClusterEvent(regarding: Self.pod, related: Self.pod, reason: "Started", note: ""), false),
        (
            ClusterEvent(
                regarding: ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "p", uid: "2"),
                reason: "Started", note: ""), false
        ),
    ])
    mutating func tellsEventsApart(_ other: ClusterEvent, _ isSame: Bool) {
        record("Started", at: 0)
        ledger.record(other, at: .seconds(1), wall: 1)
        #expect((ledger.statistics.merged == 1) == isSame)
    }

    @Test mutating func allowsAnObjectSoManyNewEvents() {
        for number in 0..<30 { record("Reason\(number)", at: 0) }
        #expect(ledger.statistics.droppedAsSpam == 5)
        // Others have their own allowance.
        let other = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "other")
        ledger.record(ClusterEvent(regarding: other, reason: "Started", note: ""), at: .zero, wall: 0)
        #expect(ledger.statistics.droppedAsSpam == 5)
        record("Later", at: 300)
        record("TooMany", at: 300)
        #expect(ledger.statistics.droppedAsSpam == 6)
    }

    @Test mutating func holdsNoMoreThanItMay() {
        ledger = EventLedger(limits: EventLimits(burst: 100, waiting: 3))
        for number in 0..<4 { record("Reason\(number)", at: Double(number)) }
        #expect(ledger.statistics.droppedAsFull == 1)
        // What is told makes room.
        _ = nextWrite(at: 4)
        finish(.written, at: 4)
        record("Reason4", at: 5)
        #expect(ledger.statistics.droppedAsFull == 1)
    }

    @Test mutating func triesAgainAfterLongerAndLongerPauses() {
        record("Started", at: 0)
        var now = Duration.zero
        var pauses: [Duration] = []
        for _ in 0..<11 {
            guard case .write(let write) = ledger.next(at: now) else { return #expect(Bool(false)) }
            ledger.finished(write, .failed, at: now, random: 1)
            guard case .wait(let until?) = ledger.next(at: now) else { return #expect(Bool(false)) }
            pauses.append(until - now)
            now = until
        }
        #expect(pauses.prefix(5) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(10)])
        guard case .write(let last) = ledger.next(at: now) else { return #expect(Bool(false)) }
        ledger.finished(last, .failed, at: now, random: 1)
        #expect(ledger.statistics.droppedByServer == 1)
        #expect(ledger.next(at: now) == .wait(until: nil))
    }

    /// Whoever looks at an object wants to know how it is, and then how it came about.
    @Test mutating func writesTheNewestOfEachObjectFirst() {
        record("First", at: 0)
        #expect(nextWrite(at: 0)?.event.reason == "First")
        finish(.failed, at: 0)
        record("Second", at: 0.1)
        record("Third", at: 0.2)
        ledger.record(ClusterEvent(regarding: Self.other, reason: "Started", note: ""), at: .milliseconds(300), wall: 0)
        #expect(writes(at: 2) == ["Third", "Started", "Second", "First"])
    }

    @Test mutating func letsOneFailureHoldUpNoOther() {
        record("First", at: 0)
        _ = nextWrite(at: 0)
        finish(.failed, at: 0)
        record("Second", at: 0)
        #expect(nextWrite(at: 0)?.event.reason == "Second")
    }

    @Test mutating func writesSomeAtOnceAndNoMore() {
        ledger = EventLedger(limits: EventLimits(concurrency: 3))
        for number in 0..<5 { record("Reason\(number)", at: 0) }
        let first = (0..<3).compactMap { _ in nextWrite(at: 0) }
        #expect(Set(first.map(\.event.reason)).count == 3)
        #expect(ledger.next(at: .zero) == .wait(until: nil))
        ledger.finished(first[1], .written, at: .zero, random: 0)
        #expect(nextWrite(at: 0) != nil)
    }

    /// One write at a time finds out when it is back, ever more rarely; then all goes on.
    @Test mutating func asksAServerThatIsAwayNowAndThen() {
        ledger = EventLedger(limits: EventLimits(burst: 200, concurrency: 4, patience: 4, attempts: 1000))
        for number in 0..<100 { record("Reason\(number)", at: 0) }
        var now = Duration.zero
        var attempts: [Duration] = []
        while now < .seconds(60) {
            switch ledger.next(at: now) {
            case .write(let write):
                attempts.append(now)
                ledger.finished(write, .failed, at: now, random: 1)
            case .wait(let until): now = until ?? .seconds(60)
            case .end: return #expect(Bool(false))
            }
        }
        let expected: [Duration] = [0, 0, 0, 0, 0, 1, 3, 7, 15].map { .seconds($0) }
        #expect(Array(attempts.prefix(9)) == expected)
        #expect(attempts.count < 15)
        // Back again.
        #expect(writes(at: 100).count == 100)
    }

    /// However many events there are of each object: the last of each is known in the end.
    @Test mutating func keepsTheNewestOfEachObjectWhereNotAllFindRoom() {
        ledger = EventLedger(limits: EventLimits(waiting: 50))
        for round in 0..<3 {
            for number in 0..<50 {
                let pod = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "p\(number)")
                ledger.record(
                    ClusterEvent(regarding: pod, reason: "Round\(round)", note: ""), at: .seconds(round), wall: 0)
            }
        }
        #expect(ledger.statistics.droppedAsFull == 100)
        #expect(writes(at: 3) == Array(repeating: "Round2", count: 50))
    }

    /// Of a million objects that come and go nothing stays.
    @Test mutating func remembersNoMoreThanItMay() {
        for number in 0..<20_000 {
            let pod = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "p\(number)")
            ledger.record(ClusterEvent(regarding: pod, reason: "Started", note: ""), at: .zero, wall: 0)
            _ = nextWrite(at: 0)
            finish(.written, at: 0)
            #expect(ledger.size <= 3 * 1024)
        }
    }

    @Test mutating func dropsWhatTheServerRefuses() {
        record("Started", at: 0)
        _ = nextWrite(at: 0)
        finish(.refused, at: 0)
        #expect(ledger.statistics.droppedByServer == 1)
        #expect(ledger.next(at: .seconds(1)) == .wait(until: nil))
    }

    @Test mutating func createsAgainWhatTheServerHasForgotten() {
        record("Started", at: 0)
        _ = nextWrite(at: 0)
        finish(.written, at: 0)
        record("Started", at: 1)
        #expect(nextWrite(at: 1)?.purpose == .updateSeries)
        finish(.missing, at: 1)
        let again = nextWrite(at: 1)
        #expect(again?.purpose == .create)
        #expect(again?.count == 2)
    }

    @Test mutating func tellsEverythingBeforeItEnds() {
        for moment in [0.0, 1, 2] {
            record("Started", at: moment)
            if nextWrite(at: moment) != nil { finish(.written, at: moment) }
        }
        record("Waiting", at: 3)
        ledger.close()
        record("TooLate", at: 4)
        #expect(ledger.statistics.droppedAsFull == 1)
        var told: [String: Int] = [:]
        while let write = nextWrite(at: 5) {
            told[write.event.reason] = write.count
            finish(.written, at: 5)
        }
        #expect(told == ["Started": 3, "Waiting": 1])
        #expect(ledger.next(at: .seconds(5)) == .end)
    }

    static let pod = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "p", uid: "1")

    private mutating func record(_ reason: String, at seconds: Double) {
        let event = ClusterEvent(regarding: Self.pod, reason: reason, note: "at \(seconds)")
        ledger.record(event, at: .seconds(seconds), wall: Int64(seconds * 1e6))
    }

    static let other = ObjectReference(apiVersion: "v1", kind: "Pod", namespace: "n", name: "other", uid: "2")

    private mutating func nextWrite(at seconds: Double) -> EventWrite? {
        guard case .write(let write) = ledger.next(at: .seconds(seconds)) else { return nil }
        current = write
        return write
    }

    private mutating func finish(_ outcome: EventWriteOutcome, at seconds: Double) {
        if let current { ledger.finished(current, outcome, at: .seconds(seconds), random: 0) }
    }

    /// Writes all that may be written then, and says what, in this order.
    private mutating func writes(at seconds: Double) -> [String] {
        var reasons: [String] = []
        while let write = nextWrite(at: seconds) {
            reasons.append(write.event.reason)
            finish(.written, at: seconds)
        }
        return reasons
    }
}
