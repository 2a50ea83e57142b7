import Basics
import Testing
import WorkdirProtocol

@testable import Transfer

@Suite struct DecisionTests {
    @Test(arguments: [
        (TransferError.Reason.notFound, StoreRetries.Class.permanent, ExitCode.noInput),
        (.permission, .permanent, .permission), (.throttled(retryAfter: nil), .throttled, .temporary),
        (.server(status: 500), .transient, .temporary), (.server(status: 408), .transient, .inputOutput),
        (.server(status: 400), .permanent, .inputOutput), (.network, .transient, .temporary),
        (.timeout, .transient, .temporary), (.changed, .changed, .temporary),
        (.checksum(expected: "", found: ""), .permanent, .data),
        (.length(expected: 2, found: 1), .transient, .inputOutput),
        (.archive, .permanent, .data), (.hostileName, .permanent, .data), (.noSpace, .permanent, .inputOutput),
        (.local(errno: 5), .permanent, .inputOutput), (.credentials, .permanent, .permission),
        (.configuration, .permanent, .configuration), (.protocolViolation, .permanent, .inputOutput),
        (.cancelled, .permanent, .temporary), (.exhausted, .permanent, .temporary),
    ])
    func `each reason has a class and an exit code`(
        reason: TransferError.Reason, expected: StoreRetries.Class, code: ExitCode
    ) {
        let error = TransferError(object: "o", reason: reason, message: "m")
        #expect(StoreRetries.classify(error) == expected)
        #expect(error.exitCode == code)
    }

    @Test func `pauses double up to the cap, and never undercut Retry-After`() {
        let policy = StoreRetries(base: .milliseconds(100), cap: .seconds(1))
        let network = TransferError(object: "o", reason: .network, message: "")
        let pauses = (1...6).map { policy.pause(after: $0, error: network, random: 1) }
        let expected: [Duration] = [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) }
        #expect(pauses == expected)
        #expect(policy.pause(after: 3, error: network, random: 0) == .zero)
        let slow = TransferError(object: "o", reason: .throttled(retryAfter: .seconds(7)), message: "")
        #expect(policy.pause(after: 1, error: slow, random: 0.5) == .milliseconds(7050))
    }

    @Test func `the budget ends retries and successes refill it`() {
        var budget = RetryBudget(2)
        let first = (0..<3).map { _ in budget.take() }
        #expect(first == [true, true, false])
        for _ in 0..<10 { budget.succeed() }
        let second = (0..<2).map { _ in budget.take() }
        #expect(second == [true, false])
    }

    @Test func `the memory budget holds, and what is larger than it runs alone`() {
        var slots = SlotQueue(memory: 10, maximumConcurrency: 64)
        #expect(slots.handle(.wants(1, bytes: 6)) == [.grant(1)])
        #expect(slots.handle(.wants(2, bytes: 6)) == [])
        #expect(slots.handle(.wants(3, bytes: 50)) == [])
        #expect(slots.handle(.finished(bytes: 6, moved: 6, now: .zero)) == [.grant(2)])
        #expect(slots.handle(.finished(bytes: 6, moved: 6, now: .zero)) == [.grant(3)])
        #expect(slots.handle(.wants(4, bytes: 1)) == [])
        #expect(slots.handle(.withdrawn(4)) == [])
        #expect(slots.handle(.finished(bytes: 50, moved: 6, now: .zero)) == [])
    }

    @Test func `throttling freezes all, halves once a storm, and thaws when told`() {
        var slots = SlotQueue(memory: 100, maximumConcurrency: 8)
        for ticket in 1...8 { #expect(slots.handle(.wants(UInt64(ticket), bytes: 0)) == [.grant(UInt64(ticket))]) }
        #expect(slots.handle(.throttled(until: .seconds(2))) == [.wake(at: .seconds(2))])
        #expect(slots.handle(.throttled(until: .seconds(1))) == [])
        #expect(slots.handle(.throttled(until: .seconds(3))) == [.wake(at: .seconds(3))])
        #expect(slots.limit == 4)
        for _ in 0..<8 { #expect(slots.handle(.finished(bytes: 0, moved: 0, now: .zero)) == []) }
        for ticket in 9...13 { #expect(slots.handle(.wants(UInt64(ticket), bytes: 0)) == []) }
        #expect(slots.handle(.woke(now: .seconds(2))) == [])
        #expect(slots.handle(.woke(now: .seconds(3))) == [.grant(9), .grant(10), .grant(11), .grant(12)])
    }

    @Test(
        arguments: [
            (nil, 32 << 20, 64), (1 << 40, 32 << 20, 64), (64 << 20, 16 << 20, 32), (16 << 20, 4 << 20, 8),
            (1 << 20, 1 << 20, 2),
        ] as [(UInt64?, Int, Int)])
    func `buffers and requests fit into the container`(limit: UInt64?, memory: Int, concurrency: Int) {
        let fitting = TransferConfiguration().fitting(memoryLimit: limit)
        #expect(fitting.memory == memory)
        #expect(fitting.maximumConcurrency == concurrency)
    }

    @Test func `the limit grows while that pays`() {
        var limit = AdaptiveLimit(maximum: 64)
        var now = Duration.zero
        // Throughput follows concurrency up to 20 and is flat beyond.
        for _ in 0..<600 {
            now += .milliseconds(100) / Double(min(limit.limit, 20))
            limit.finished(bytes: 1 << 20, saturated: true, now: now)
        }
        #expect((18...40).contains(limit.limit))
        let before = limit.limit
        limit.throttled()
        #expect(limit.limit == before / 2)
    }

    @Test func `a manifest is the same bytes whatever the order, and reads back`() throws {
        let a = Manifest.File(path: "a", url: "s3://b/a", size: 1, sha256: "00")
        let b = Manifest.File(path: "b", url: "s3://b/b", size: 2, sha256: nil)
        let left = try Manifest(step: ["pod": "p"], files: [b, a]).encoded()
        #expect(try left == Manifest(step: ["pod": "p"], files: [a, b]).encoded())
        #expect(try Manifest(left, from: "m").files == [a, b])
        #expect(throws: TransferError.self) { try Manifest(Array("{}".utf8), from: "m") }
        #expect(throws: TransferError.self) { try Manifest(Array(left.dropLast(3)), from: "m") }
    }
}
