import Basics
import Testing

@testable import SidecarAgent

@Suite struct OutboxTests {
    static let start = Duration.seconds(1000)

    static func report(_ sequence: Int64, _ state: String = "custom", terminal: Bool = false) -> StateReport {
        StateReport(
            StateChange(state, previous: "P", terminal: terminal), epoch: "e", sequence: sequence,
            time: UnixTime(milliseconds: 1_795_232_700_007))
    }

    @Test func `sends one after the other, in order`() {
        var outbox = Outbox([Self.report(1)])
        #expect(outbox.add(Self.report(2)) == nil)
        #expect(outbox.next(at: Self.start) == .send(Self.report(1)))
        #expect(outbox.next(at: Self.start) == .rest)
        #expect(outbox.settle(.delivered, at: Self.start, random: 0) == .delivered(through: 1))
        #expect(outbox.next(at: Self.start) == .send(Self.report(2)))
        #expect(outbox.settle(.delivered, at: Self.start, random: 0) == .delivered(through: 2))
        #expect(outbox.next(at: Self.start) == .rest)
        #expect(outbox.isEmpty)
    }

    @Test func `takes no report twice`() {
        var outbox = Outbox([Self.report(1), Self.report(2)])
        #expect(outbox.add(Self.report(2)) == nil)
        #expect(outbox.queue.count == 2)
    }

    /// Full jitter below a ceiling that doubles from 0.5 s to 30 s.
    @Test(arguments: [
        (1, 1.0, 0.5), (2, 1.0, 1), (3, 1.0, 2), (6, 1.0, 16), (7, 1.0, 30), (40, 1.0, 30), (3, 0.5, 1), (5, 0, 0),
    ])
    func `pauses grow with each failure`(failures: Int, random: Double, seconds: Double) {
        var outbox = Outbox([Self.report(1)])
        var now = Self.start
        for failure in 1...failures {
            #expect(outbox.next(at: now) == .send(Self.report(1)))
            guard
                case .postponed(let pause, "x") = outbox.settle(.failed("x", retryAfter: nil), at: now, random: random)
            else { return #expect(Bool(false), "not postponed") }
            if failure == failures { #expect(pause == .seconds(seconds)) }
            if pause > .zero { #expect(outbox.next(at: now) == .wait(until: now + pause)) }
            now += pause
        }
    }

    @Test func `a Retry-After is honoured, within reason, and until the agent leaves`() {
        var outbox = Outbox([Self.report(1)])
        let asked: [(Duration, Duration)] = [(.seconds(7), .seconds(7)), (.seconds(9000), .seconds(300))]
        var now = Self.start
        for (retryAfter, pause) in asked {
            _ = outbox.next(at: now)
            #expect(
                outbox.settle(.failed("x", retryAfter: retryAfter), at: now, random: 0) == .postponed(by: pause, "x"))
            now += pause
        }
        _ = outbox.next(at: now)
        _ = outbox.settle(.failed("x", retryAfter: .seconds(100)), at: now, random: 0)
        outbox.hurry()
        #expect(outbox.next(at: now) == .send(Self.report(1)))
        #expect(
            outbox.settle(.failed("x", retryAfter: .seconds(100)), at: now, random: 1)
                == .postponed(by: .seconds(1), "x"))
    }

    /// Where main writes `state` in a loop.
    @Test func `a pace is kept until the agent leaves`() {
        var outbox = Outbox((1...5).map { Self.report($0) }, pace: TokenBucket(burst: 2, interval: .seconds(1)))
        var now = Self.start
        func deliver() {
            #expect(outbox.next(at: now) == .send(outbox.queue[0]))
            #expect(outbox.settle(.delivered, at: now, random: 0) != nil)
        }
        for _ in 1...2 { deliver() }
        for _ in 3...4 {
            #expect(outbox.next(at: now) == .wait(until: now + .seconds(1)))
            now += .seconds(1)
            deliver()
        }
        outbox.hurry()
        deliver()
        #expect(outbox.isEmpty)
    }

    @Test func `what is refused is given up, a terminal state never`() {
        var outbox = Outbox([Self.report(1), Self.report(2, "DONE", terminal: true)])
        var now = Self.start
        _ = outbox.next(at: now)
        #expect(outbox.settle(.refused("no"), at: now, random: 0) == .refused(Self.report(1), "no"))
        for _ in 1...50 {
            #expect(outbox.next(at: now) == .send(Self.report(2, "DONE", terminal: true)))
            guard case .postponed(let pause, "no") = outbox.settle(.refused("no"), at: now, random: 1) else {
                return #expect(Bool(false), "given up")
            }
            #expect(pause <= Outbox.longestPause)
            now += pause
        }
        _ = outbox.next(at: now)
        #expect(outbox.settle(.delivered, at: now, random: 0) == .delivered(through: 2))
        #expect(outbox.isEmpty)
    }

    @Test func `beyond the bound old custom values go, the first, own states and the terminal one stay`() {
        var outbox = Outbox([Self.report(1, "INITIALIZING"), Self.report(2, "STARTED"), Self.report(3, "RUNNING")])
        _ = outbox.next(at: Self.start)
        for sequence in 4..<1000 {
            let dropped = outbox.add(Self.report(Int64(sequence)))
            #expect(dropped?.isCustom ?? true)
        }
        _ = outbox.add(Self.report(1000, "TERMINATING"))
        _ = outbox.add(Self.report(1001, "DONE", terminal: true))
        let sequences = outbox.queue.map(\.sequence)
        #expect(sequences.count == Outbox.limit)
        #expect(sequences == sequences.sorted())
        #expect(sequences.prefix(3) == [1, 2, 3])
        #expect(sequences.suffix(2) == [1000, 1001])
        #expect(sequences.dropFirst(3).first == 1000 - Int64(Outbox.limit - 5))
    }

    @Test(arguments: [
        (200, "delivered"), (204, "delivered"), (301, "refused"), (400, "refused"), (401, "refused"), (404, "failed"),
        (408, "failed"), (410, "refused"), (425, "failed"), (429, "failed"), (500, "failed"), (503, "failed"),
        (599, "failed"), (100, "refused"),
    ])
    func `answers are classified by status`(status: Int, word: String) {
        #expect(DeliveryOutcome(status: status, retryAfter: nil, now: 0).word == word)
    }

    @Test func `Retry-After comes in seconds or as a date`() {
        #expect(
            DeliveryOutcome(status: 503, retryAfter: "7", now: 0) == .failed("status 503", retryAfter: .seconds(7)))
        #expect(
            DeliveryOutcome(status: 429, retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT", now: 784_111_767)
                == .failed("status 429", retryAfter: .seconds(10)))
    }
}
