import HTTPTransport
import KubeModel
import Testing

@testable import KubeClient
@testable import KubeRuntime

/// Every state of a watch against what can happen to it.
@Suite struct WatchMachineTests {
    @Test func `Begins with a streamed initial state and goes on with the same stream`() {
        var run = MachineRun()
        #expect(run.handle(.start).first == .beginReplacing)
        guard case .initialEvents(let timeout)? = run.requests.last?.request else {
            Issue.record("\(run.requests)")
            return
        }
        #expect((.seconds(300) ... .seconds(600)).contains(timeout))
        #expect(run.handle(.change(.added, version: "30")) == [.store])
        #expect(run.handle(.change(.added, version: "20")) == [.store], "initial events come in no order")
        #expect(run.handle(.change(.deleted, version: "31")) == [.remove])
        #expect(run.handle(.bookmark(version: "32", endsInitialEvents: false)) == [])
        #expect(run.handle(.bookmark(version: "33", endsInitialEvents: true)) == [.endReplacing])
        #expect(run.handle(.change(.modified, version: "34")) == [.store])
        #expect(run.requests.count == 1)
        #expect(run.machine.version == "34")
    }

    @Test(arguments: [
        WatchMachine.Input.change(.added, version: ""), .bookmark(version: "", endsInitialEvents: true),
    ])
    func `An initial state without versions is read again`(_ input: WatchMachine.Input) {
        var run = MachineRun()
        run.handle(.start)
        run.handle(.change(.added, version: "30"))
        #expect(run.handle(input).first == .note(.relisting(.noVersion)))
    }

    /// A list that says nothing has broken off; a watch may well have nothing to say.
    @Test(arguments: [
        (WatchRequest.page(limit: 500, continueToken: "more"), "limit=500&continue=more", true),
        (.page(limit: 0, continueToken: ""), "", true),
        (
            .initialEvents(timeout: .seconds(300)),
            "watch=true&allowWatchBookmarks=true&timeoutSeconds=300&sendInitialEvents=true&resourceVersionMatch=NotOlderThan",
            false
        ),
        (
            .changes(after: "7", timeout: .seconds(400)),
            "watch=true&allowWatchBookmarks=true&timeoutSeconds=400&resourceVersion=7", false
        ),
    ])
    func `What is asked of the server, and whether its silence counts`(
        _ request: WatchRequest, _ query: String, _ silenceCounts: Bool
    ) {
        let sent = request.apiRequest(for: WatchScope(.pods))
        #expect(sent.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&") == query)
        #expect((sent.timeouts.firstByte != nil) == silenceCounts)
        #expect((sent.timeouts.stall != nil) == silenceCounts)
    }

    @Test func `Reads pages where the server refuses to stream`() {
        var run = MachineRun()
        run.handle(.start)
        #expect(run.handle(.failed(.refused)).first == .note(.streamingUnavailable(.refused)))
        #expect(run.last == .page(limit: 500, continueToken: ""))
        run.handle(MachineRun.page("50", "more"))
        #expect(run.last == .page(limit: 500, continueToken: "more"))
        #expect(run.handle(MachineRun.page("50")).first == .endReplacing)
        #expect(run.isWatching(from: "50"))
    }

    @Test func `A list whose later pages expired is read again, whole`() {
        var run = MachineRun()
        run.handle(.start)
        run.handle(.failed(.refused))
        run.handle(MachineRun.page("50", "more"))
        #expect(run.handleAndWait(.failed(.expired)).contains(.beginReplacing))
        #expect(run.last == .page(limit: 0, continueToken: ""))
        #expect(run.handle(MachineRun.page("60")).first == .endReplacing)
        #expect(run.isWatching(from: "60"))
    }

    @Test func `A page that failed is asked for again, not the whole list`() {
        var run = MachineRun()
        run.handle(.start)
        run.handle(.failed(.refused))
        run.handle(MachineRun.page("50", "more"))
        #expect(!run.handleAndWait(.failed(.connection("reset"))).contains(.beginReplacing))
        #expect(run.last == .page(limit: 500, continueToken: "more"))
    }

    /// Nothing tells of what was deleted between the two: the watch begins behind the second.
    @Test func `A first page that failed shows another state when it is asked for again`() {
        var run = MachineRun()
        run.handle(.start)
        run.handle(.failed(.refused))
        #expect(run.handleAndWait(.failed(.connection("reset"))).contains(.beginReplacing))
        run.handle(MachineRun.page("50", "more"))
        run.handleAndWait(.failed(.expired))
        #expect(run.handleAndWait(.failed(.connection("reset"))).contains(.beginReplacing))
        #expect(run.last == .page(limit: 0, continueToken: ""))
    }

    @Test func `A streamed state that keeps breaking off is read in pages`() {
        var run = MachineRun()
        run.handle(.start)
        run.handleAndWait(.ended, after: .seconds(5))
        run.handleAndWait(.silent, after: .seconds(60))
        #expect(run.last == .page(limit: 500, continueToken: ""))
    }

    @Test func `Of versions that are no numbers none is older`() {
        var run = MachineRun.watching()
        #expect(run.handle(.change(.modified, version: "w-9")) == [.store])
        #expect(run.handle(.change(.modified, version: "w-1")) == [.store])
        #expect(run.machine.version == "w-1")
    }

    @Test func `A watch that the server ends goes on from its last version at once`() {
        var run = MachineRun.watching()
        run.handle(.change(.modified, version: "120"))
        run.handle(.bookmark(version: "150", endsInitialEvents: false))
        #expect(run.handle(.ended, after: .seconds(300)).first == .note(.reopened))
        #expect(run.isWatching(from: "150"))
    }

    /// As by a balancer that closes what is quiet for half a minute.
    @Test(arguments: [WatchMachine.Input.failed(.connection("reset")), .silent])
    func `A watch that was cut off goes on at once, however often that happens`(_ cut: WatchMachine.Input) {
        var run = MachineRun.watching()
        for _ in 0..<10 {
            #expect(run.handle(cut, after: .seconds(35)).contains(.note(.reopened)))
            #expect(run.isWatching(from: "100"))
            run.handle(.opened)
        }
        #expect(run.gaps.allSatisfy { $0 == .seconds(35) }, "\(run.gaps)")
        // One that is not answered is trouble.
        run.handle(cut, after: .seconds(35))
        let effects = run.handle(cut, after: .seconds(35))
        #expect(effects.last.map { if case .wait = $0 { true } else { false } } == true)
    }

    @Test(arguments: [
        WatchMachine.Input.failed(.expired), .failed(.garbled("rubbish")), .change(.modified, version: ""),
        .bookmark(version: "", endsInitialEvents: false), .change(.modified, version: "99"),
        .bookmark(version: "12", endsInitialEvents: false), .relist,
    ])
    func `Everything is read again where going on makes no sense`(input: WatchMachine.Input) {
        var run = MachineRun.watching()
        let effects = run.handleAndWait(input, after: .seconds(30))
        #expect(effects.contains { if case .note(.relisting) = $0 { true } else { false } })
        #expect(!effects.contains(.store))
        #expect(effects.contains(.beginReplacing))
        #expect(run.isStreaming)
    }

    @Test(arguments: [WatchFailure.connection("reset"), .unavailable, .versionTooLarge])
    func `Passing trouble is waited out, and the watch goes on`(failure: WatchFailure) {
        var run = MachineRun.watching()
        run.handleAndWait(.failed(failure), after: .seconds(30))
        #expect(run.isWatching(from: "100"))
    }

    @Test func `A version that stays too large leads to reading everything again`() {
        var run = MachineRun.watching()
        for _ in 0...WatchMachine.patience { run.handleAndWait(.failed(.versionTooLarge), after: .seconds(3)) }
        #expect(run.isStreaming)
    }

    @Test(arguments: 1...20)
    func `A server that is down is asked at most once a second, and in the end twice a minute`(seed: Int) {
        var run = MachineRun(machine: WatchMachine(seed: UInt64(seed)))
        run.handle(.start)
        for _ in 0..<50 { run.handleAndWait(.failed(.connection("refused"))) }
        #expect(run.gaps.allSatisfy { $0 >= .seconds(1) && $0 <= .seconds(60) })
        #expect(run.gaps.dropFirst(6).allSatisfy { $0 >= .seconds(30) })
    }

    @Test func `Watches that end at once are no busy loop`() {
        var run = MachineRun.watching()
        run.handle(.ended, after: .seconds(100))
        for _ in 0..<20 { run.handleAndWait(.ended, after: .milliseconds(2)) }
        #expect(run.gaps.count > 20)
        #expect(run.gaps.allSatisfy { $0 >= .seconds(1) })
    }

    /// Between two requests nothing is heard of any object.
    @Test(arguments: [(0, 1000), (300, 1000), (5000, 5000)])
    func `What is asked for again and again is read each time as soon as may be`(pause: Int, gap: Int) {
        var run = MachineRun.watching()
        for _ in 0..<10 {
            run.handleAndWait(.relist, after: .milliseconds(pause))
            #expect(run.isStreaming)
            run.handle(.bookmark(version: "100", endsInitialEvents: true))
        }
        #expect(run.gaps.suffix(10).allSatisfy { $0 == .milliseconds(gap) }, "\(run.gaps)")
    }

    @Test func `Two calm minutes reset the delay`() {
        var run = MachineRun.watching()
        for _ in 0..<10 { run.handleAndWait(.failed(.connection("refused"))) }
        guard case .wait(let delay)? = run.handle(.failed(.connection("reset")), after: .seconds(200)).last else {
            Issue.record("no delay")
            return
        }
        #expect(delay <= .milliseconds(1_600))
    }

    @Test(arguments: [(5, 5), (1_000_000, 60)])
    func `Waits as long as the server asks for, within reason`(asked: Int, waited: Int) {
        var run = MachineRun.watching()
        let busy = WatchFailure.status(APIStatus(code: 429, reason: "TooManyRequests", retryAfterSeconds: asked))
        #expect(run.handle(.failed(busy), after: .seconds(30)).last == .wait(.seconds(waited)))
    }

    @Test func `Silence is noticed, sooner once the server has sent a bookmark`() {
        var run = MachineRun.watching()
        #expect(run.machine.silenceLimit.map { $0 > .seconds(300) } == true)
        run.handle(.bookmark(version: "150", endsInitialEvents: false))
        #expect(run.machine.silenceLimit == .seconds(180))
        #expect(run.handle(.silent, after: .seconds(180)).first == .note(.silent))
    }

    @Test(arguments: [
        (APIStatus(code: 410), "expired"), (APIStatus(code: 500, reason: "Expired"), "expired"),
        (APIStatus(code: 500, reason: "Gone"), "expired"), (APIStatus(code: 400), "refused"),
        (APIStatus(code: 422), "refused"), (APIStatus(code: 404), ""),
        (APIStatus(code: 500, causes: [.init(), .init(reason: "ResourceVersionTooLarge")]), "too large"),
        (APIStatus(code: 504, message: "Timeout: Too large resource version: 9, current: 5"), "too large"),
        (APIStatus(code: 500, message: "Too large resource version: 9"), ""), (APIStatus(code: 504), ""),
    ])
    func `What a server means by its refusal`(status: APIStatus, meaning: String) {
        let failure = WatchFailure.status(status)
        let found = [
            failure.isExpired ? "expired" : nil, failure.isTooLargeVersion ? "too large" : nil,
            failure.isRefusal ? "refused" : nil,
        ]
        #expect(found.compactMap { $0 }.joined(separator: ", ") == meaning)
    }

    @Test func `What comes late from a request that was given up is ignored`() {
        var run = MachineRun.watching()
        run.handle(.failed(.connection("reset")))
        for input in [WatchMachine.Input.change(.added, version: "101"), .ended, .silent, .failed(.expired)] {
            #expect(run.handle(input) == [])
        }
        #expect(run.machine.version == "100")
    }
}
