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
        (.timeout, .transient, .temporary), (.changed, .changed, .temporary), (.uploadEnded, .changed, .temporary),
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
        let error = TransferError("o", reason, "m")
        #expect(StoreRetries.classify(error) == expected)
        #expect(error.exitCode == code)
    }

    @Test func `pauses double up to the cap, and never undercut Retry-After`() {
        let policy = StoreRetries(base: .milliseconds(100), cap: .seconds(1))
        let network = TransferError("o", .network, "")
        let pauses = (1...6).map { policy.pause(after: $0, error: network, random: 1) }
        let expected: [Duration] = [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) }
        #expect(pauses == expected)
        #expect(policy.pause(after: 3, error: network, random: 0) == .zero)
        let slow = TransferError("o", .throttled(retryAfter: .seconds(7)), "")
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

    @Test(
        arguments: [
            (nil, 32 << 20, 256), (1 << 40, 32 << 20, 256), (64 << 20, 16 << 20, 32), (16 << 20, 4 << 20, 8),
            (1 << 20, 1 << 20, 2),
        ] as [(UInt64?, Int, Int)])
    func `buffers and requests fit into the container`(limit: UInt64?, memory: Int, concurrency: Int) {
        let fitting = TransferConfiguration().fitting(memoryLimit: limit)
        #expect(fitting.memory == memory)
        #expect(fitting.maximumConcurrency == concurrency)
    }

    @Test(arguments: [nil, 4, 10, 30, 60] as [Int?])
    func `silence is told after ten seconds, and then ever more rarely`(movedAt second: Int?) {
        var watch = SilenceWatch()
        var reading = TransferMeter.Reading()
        reading.objects = 3
        var told: [Int] = []
        for now in stride(from: 0, to: 100, by: 5) {
            // Something moves once, if at all.
            if let second, now > second, now <= second + 5 { reading.bytesMoved += 1 }
            if watch.look(reading, now: .seconds(now)) != nil { told.append(now) }
        }
        let quiet = second.map { ($0 / 5 + 1) * 5 } ?? 0
        let before = [10, 20, 40, 80].filter { $0 < quiet }
        #expect(told == before + [10, 20, 40, 80].map { $0 + quiet }.filter { $0 < 100 })
    }

    @Test func `a pause that is asked for is kept, as far as that is bearable`() {
        let policy = StoreRetries(base: .milliseconds(100), cap: .seconds(1))
        let day = TransferError("o", .throttled(retryAfter: .seconds(3600)), "")
        #expect(policy.pause(after: 1, error: day, random: 0) == .seconds(120))
    }

    @Test func `a manifest is the same bytes whatever the order, and reads back`() throws {
        let a = Manifest.File(path: "a", url: "s3://b/a", size: 1, sha256: String(repeating: "0", count: 64))
        let b = Manifest.File(path: "b", url: "s3://b/b", size: 2, sha256: nil)
        let left = try Manifest(step: ["pod": "p"], files: [b, a]).encoded()
        #expect(try left == Manifest(step: ["pod": "p"], files: [a, b]).encoded())
        #expect(try Manifest(left, from: "m").files == [a, b])
        #expect(throws: TransferError.self) { try Manifest(Array("{}".utf8), from: "m") }
        #expect(throws: TransferError.self) { try Manifest(Array(left.dropLast(3)), from: "m") }
    }
}
