import PodRules
import TestSupport
import Testing

@testable import SidecarAgent

@Suite("Lifecycle: whatever the order of events")
struct LifecycleSequenceTests {
    static let allRules = [
        LifecycleRules(placement: .native, restartPolicy: nil),
        LifecycleRules(placement: .native, restartPolicy: .never),
        LifecycleRules(placement: .native, restartPolicy: .onFailure),
        LifecycleRules(placement: .legacy, restartPolicy: .never),
        LifecycleRules(placement: .legacy, restartPolicy: .onFailure),
    ]

    /// Random events, with the agent killed now and then: what it did not perform is asked for again, what it decided
    /// stands.
    @Test("invariants hold over random sequences", arguments: allRules.indices, 0..<200 as Range<UInt64>)
    func random(rules index: Int, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rules = Self.allRules[index]
        var machine = LifecycleMachine(rules)
        var observer = Observer(native: rules.placement == .native)
        observer.take(.start, machine.handle(.start), machine)
        for _ in 0..<60 {
            if Int.random(in: 0..<12, using: &random) == 0 {
                machine = LifecycleMachine(rules, memory: machine.memory)
                observer.killed()
                observer.take(.start, machine.handle(.start), machine)
            }
            let input = try #require(Notation.inputs.randomElement(using: &random)).input
            guard input != .start else { continue }
            observer.take(input, machine.handle(input), machine)
        }
        #expect(observer.violations == [], "seed \(seed), \(rules)")
    }

    @Test("a killed agent's successor reports nothing again", arguments: Notation.phases.indices.dropFirst())
    func resume(phase index: Int) {
        for rules in Self.allRules {
            var machine = Notation.machine(in: Notation.phases[index].phase, rules, terminating: false)
            let effects = machine.handle(.start)
            #expect(
                !effects.contains { if case .report = $0 { true } else { false } },
                "\(Notation.phases[index].name): \(effects)")
        }
    }

    @Test("what main says before ready is taken up once it exists, in order")
    func deferred() {
        var machine = LifecycleMachine(LifecycleRules(placement: .legacy, restartPolicy: .never))
        var effects = machine.handle(.start)
        for input in [
            .started, .state("warming"), .state("RUNNING"), .done(DoneMarker(attempt: nil, identity: "x")),
        ] as [LifecycleInput] {
            effects += machine.handle(input)
        }
        effects += machine.handle(.inputsReady)
        effects += machine.handle(.outputsStored)
        #expect(
            effects.map(Notation.describe) == [
                "PENDING>INITIALIZING", "fetch", "ready", "INITIALIZING>STARTED", "continuous", "STARTED>warming",
                "warming>RUNNING", "RUNNING>TERMINATING", "store 0 ok", "TERMINATING>DONE!", "stored 0", "exit",
            ])
    }

    /// What is read of a try that was over before anybody looked.
    @Test(
        "a short try has been RUNNING before it said anything else",
        arguments: [
            (MainAttempt(number: 2, phase: .ended, exitCode: 0), "SUCCESS", ["RUNNING", "SUCCESS", "TERMINATING"]),
            (MainAttempt(number: 2, phase: .ended, exitCode: 3), "ERROR", ["RUNNING", "ERROR"]),
            (MainAttempt(number: 2, phase: .ended, signal: 9), "KILLED", ["RUNNING", "KILLED"]),
            (MainAttempt(number: 2, phase: .running), "half", ["RUNNING", "half"]),
            (MainAttempt(number: 2, phase: .running), "RUNNING", ["RUNNING"]),
            (MainAttempt(number: 2, phase: .ended, signal: 15, reason: "Cancelled"), "KILLED", ["KILLED"]),
        ])
    func shortTry(record: MainAttempt, state: String, expected: [String]) {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .onFailure))
        let first: [LifecycleInput] = [
            .start, .inputsReady, .attempt(MainAttempt(number: 1, phase: .ended, exitCode: 1)), .state("ERROR"),
            .done(DoneMarker(attempt: 1, identity: "first")),
        ]
        for input in first { _ = machine.handle(input) }
        var seen: [LifecycleInput] = [.attempt(record), .state(state)]
        if record.phase == .ended { seen.append(.done(DoneMarker(attempt: 2, identity: "second"))) }
        let states = seen.flatMap { machine.handle($0) }.compactMap { effect in
            if case .report(let change) = effect { change.state } else { nil }
        }
        #expect(states == expected)
    }

    /// What the entrypoint's record says of an end, as the terminal report tells it.
    @Test(
        "the cause of main's end",
        arguments: [
            (MainAttempt(number: 1, phase: .ended, exitCode: 3), "ERROR", "Error", "main exited with code 3", 3),
            (MainAttempt(number: 1, phase: .ended, signal: 11), "KILLED", "Signal", "main was ended by signal 11", 139),
            (
                MainAttempt(number: 1, phase: .ended, exitCode: 143, signal: 15), "KILLED", "Signal",
                "main was ended by signal 15", 143
            ),
            (
                MainAttempt(number: 1, phase: .ended, signal: 9, reason: "OOMKilled", message: "no memory"), "KILLED",
                "OOMKilled", "main was ended by signal 9: no memory", 137
            ),
            (
                MainAttempt(number: 1, phase: .ended, exitCode: 137, reason: "OOMKilled", message: "no memory"),
                "KILLED", "OOMKilled", "main exited with code 137: no memory", 137
            ),
            (
                MainAttempt(number: 1, phase: .ended, exitCode: 127, reason: "NotStarted", message: "x: not found"),
                "ERROR", "NotStarted", "main exited with code 127: x: not found", 127
            ),
            (
                MainAttempt(number: 1, phase: .ended, exitCode: 5, reason: "NoOutput", message: "no output for 30m"),
                "KILLED", "NoOutput", "main exited with code 5: no output for 30m", 5
            ),
            (
                MainAttempt(number: 1, phase: .ended, exitCode: 1, message: "no memory"), "ERROR", "Error",
                "main exited with code 1: no memory", 1
            ),
        ] as [(MainAttempt, String, String, String, Int32)])
    func cause(record: MainAttempt, state: String, reason: String, message: String, code: Int32) throws {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .never))
        let inputs: [LifecycleInput] = [
            .start, .inputsReady, .attempt(record), .done(DoneMarker(attempt: 1, identity: "x")), .outputsStored,
        ]
        let changes = inputs.flatMap { machine.handle($0) }.compactMap { effect -> StateChange? in
            if case .report(let change) = effect { change } else { nil }
        }
        let last = try #require(changes.last)
        let cause = try #require(last.cause)
        #expect(last.terminal && last.state == state)
        #expect(cause.container == .main && cause.reason == reason && cause.exitCode == code)
        #expect(cause.message == message)
    }

    @Test("without our entrypoint nothing is made up")
    func withoutRecord() {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .never))
        let inputs: [LifecycleInput] = [.start, .inputsReady, .state("SUCCESS")]
        #expect(
            inputs.flatMap { machine.handle($0) }.map(Notation.describe) == [
                "PENDING>INITIALIZING", "fetch", "ready", "INITIALIZING>STARTED", "continuous", "STARTED>SUCCESS",
            ])
    }

    /// SIGTERM and the status of a main that is not wrapped set out in the same moment.
    @Test(
        "how main ended is heard from the API server also after SIGTERM",
        arguments: [
            (137, "OOMKilled", "KILLED", "OOMKilled"), (3, "Error", "ERROR", "Error"), (0, "Completed", "DONE", nil),
        ] as [(Int32, String, String, String?)])
    func statusAfterSIGTERM(code: Int32, reason: String, state: String, cause: String?) throws {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .never))
        let inputs: [LifecycleInput] = [
            .start, .inputsReady, .mainStatus(.running), .terminate,
            .mainStatus(.terminated(exitCode: code, reason: reason, final: true)), .outputsStored, .statusOverdue,
        ]
        let changes = inputs.flatMap { machine.handle($0) }.compactMap { effect -> StateChange? in
            if case .report(let change) = effect { change } else { nil }
        }
        #expect(changes.map(\.state) == ["INITIALIZING", "STARTED", "TERMINATING", state])
        #expect(changes.last?.cause?.reason == cause)
        #expect(changes.last?.terminal == true)
    }

    /// The kubelet starts main again at once; the API server is slower.
    @Test(
        "a status of an earlier try ends no later one",
        arguments: [(0, false), (1, true), (nil, true)] as [(Int?, Bool)])
    func lateStatus(restarts: Int?, ends: Bool) {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .onFailure))
        let inputs: [LifecycleInput] = [
            .start, .inputsReady, .attempt(MainAttempt(number: 1, phase: .ended, exitCode: 7)),
            .done(DoneMarker(attempt: 1, identity: "one")), .attempt(MainAttempt(number: 2, phase: .running)),
            .mainStatus(.terminated(exitCode: 7, reason: "Error", final: false, restarts: restarts)),
        ]
        for input in inputs { _ = machine.handle(input) }
        #expect((machine.phase == .started) != ends)
    }

    @Test(
        "a main that was never seen has not succeeded",
        arguments: [
            ([], "MainNotSeen"), ([.notStarted(reason: "ImagePullBackOff")], "ImagePullBackOff"),
            ([.notStarted(reason: "ErrImagePull"), .notStarted(reason: "DeadlineExceeded")], "DeadlineExceeded"),
        ] as [([MainStatus], String)])
    func neverSeen(statuses: [MainStatus], reason: String) {
        for rules in Self.allRules {
            var machine = LifecycleMachine(rules)
            let inputs: [LifecycleInput] =
                [.start, .inputsReady] + statuses.map { .mainStatus($0) }
                + [.terminate, .statusOverdue, .storeLatest, .outputsStored]
            let changes = inputs.flatMap { machine.handle($0) }.compactMap { effect -> StateChange? in
                if case .report(let change) = effect { change } else { nil }
            }
            #expect(changes.map(\.state) == ["INITIALIZING", "TERMINATING", "KILLED"], "\(rules)")
            #expect(changes.last?.cause?.reason == reason)
            #expect(changes.last?.cause?.container == .main)
        }
    }

    @Test("a main that has said how it ended is believed without waiting")
    func wordBeforeSIGTERM() {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: .never))
        let inputs: [LifecycleInput] = [
            .start, .inputsReady, .mainStatus(.running), .state("ERROR"), .terminate,
        ]
        let effects = inputs.flatMap { machine.handle($0) }.map(Notation.describe)
        #expect(effects.last == "store 0 Error")
    }

    @Test("a chatterer before ready cannot fill the memory")
    func deferredIsBounded() {
        var machine = LifecycleMachine(LifecycleRules(placement: .native, restartPolicy: nil))
        _ = machine.handle(.start)
        for value in 0..<10_000 { _ = machine.handle(.state("\(value)")) }
        #expect(machine.deferred.count == LifecycleMachine.deferredLimit)
        #expect(machine.deferred.last == .state("9999"))
    }
}

/// Watches the promises that hold for every order of events.
private struct Observer {
    let native: Bool
    private(set) var violations: [String] = []
    private var verified = false
    private var failed = false
    private var terminal = false
    private var sigterm = false
    private var previous = StepState.pending
    private var storing: StoreOrder?

    init(native: Bool) { self.native = native }

    mutating func killed() {
        sigterm = false
        storing = nil
    }

    mutating func take(_ input: LifecycleInput, _ effects: [LifecycleEffect], _ machine: LifecycleMachine) {
        if input == .inputsReady { verified = true }
        if input == .terminate { sigterm = true }
        for effect in effects { take(effect, after: input) }
        if case .storing = machine.phase { return }
        storing = nil
    }

    private mutating func take(_ effect: LifecycleEffect, after input: LifecycleInput) {
        switch effect {
        case .publishReady:
            expect(verified && !failed, "ready without verified inputs")
        case .report(let change):
            expect(!terminal, "a report after the terminal one: \(change)")
            expect(change.previous == previous, "previous is \(previous), not \(change.previous)")
            expect(change.cause == nil || change.terminal, "a cause before the end")
            previous = change.state
            terminal = terminal || change.terminal
        case .storeOutputs(let order):
            expect(verified, "outputs stored although main never ran")
            expect(storing == nil, "stored twice at once: \(order)")
            storing = order
        case .publishStored:
            expect(!failed, "stored after a failed beginning")
        case .publishFailed:
            let isBeginning = input == .inputsFailed(Notation.agentFailed) || input == .terminate
            failed = failed || isBeginning
        case .exit:
            expect(sigterm || !native, "a native sidecar left by itself")
            expect(terminal, "left without a terminal report")
        case .fetchInputs:
            expect(!terminal, "fetched after the end")
        case .cancelFetching, .storeContinuously, .cancelStoring, .beginGrace:
            break
        }
    }

    private mutating func expect(_ condition: Bool, _ violation: String) {
        if !condition { violations.append(violation) }
    }
}
