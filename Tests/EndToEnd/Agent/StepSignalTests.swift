import Basics
import Foundation
import Glibc
import TestSupport
import Testing

/// SIGTERM and SIGKILL in every state of a step, and what becomes of it.
@Suite("Signals in every state")
struct StepSignalTests {
    @Test("killed and started again, the step ends well", arguments: StepStage.allCases)
    func killed(in stage: StepStage) async throws {
        let step = try StagedStep(environment: ["KPIPE_RESTART_POLICY": "OnFailure"])
        defer { step.stop() }
        let main = try await step.reach(stage)
        await step.agent.finish()
        step.release()
        let agent = try step.rig.agent(environment: ["KPIPE_RESTART_POLICY": "OnFailure"])
        defer { agent.kill(group: true) }
        if stage == .awaitingRetry {
            #expect(main?.status == .exited(3))
            try await step.rig.finish(agent, step.rig.main(step.script))
        } else {
            try await step.rig.finish(agent, main ?? step.rig.main(step.script))
        }
        #expect(step.backend.stored["out"] == Array("content\n".utf8))
        #expect(step.backend.gets["a"] == 1 || stage == .initializing)
        let ids = step.backend.reports.map(\.id)
        let sequences = Set(step.backend.reports.map(\.sequence))
        #expect(Set(ids).count == sequences.count && sequences == Set(1...sequences.count), "\(step.backend.states)")
        // Told once; only where the agent died with its receipt in hand it comes a second time, under the same id.
        let ends = step.backend.reports.filter(\.terminal).map(\.id)
        #expect(Set(ends).count == 1 && ends.count <= (stage == .settled ? 2 : 1), "\(ends)")
    }

    /// Where it comes, what main has ended with by then, and the terminal report.
    struct Case: CustomTestStringConvertible, Sendable {
        let stage: StepStage
        let state: String
        var reason: String?
        var main: TestSupport.ExitStatus?
        var isStored = true
        /// With `--legacy`, SIGTERM reaches main too, and so it is sent there.
        var isLegacy = false

        var testDescription: String { "\(stage)\(isLegacy ? ", legacy" : "")" }
    }

    static let cases = [
        Case(stage: .initializing, state: "KILLED", reason: "Cancelled", main: .exited(75), isStored: false),
        Case(stage: .ready, state: "KILLED", reason: "MainNotSeen", isStored: false),
        // The container died whole, and the kubelet tells the sidecar that main has ended.
        Case(stage: .running, state: "KILLED", reason: "MainGone", main: .signaled(9)),
        Case(stage: .awaitingRetry, state: "ERROR", reason: "Error", main: .exited(3)),
        Case(stage: .storing, state: "DONE", main: .exited(0)),
        Case(stage: .settled, state: "DONE", main: .exited(0)),
        Case(
            stage: .initializing, state: "KILLED", reason: "Cancelled", main: .exited(143), isStored: false,
            isLegacy: true),
        // Main never comes: half of the grace is given to it.
        Case(stage: .ready, state: "KILLED", reason: "MainNotSeen", isStored: false, isLegacy: true),
        Case(stage: .running, state: "KILLED", reason: "Signal", main: .exited(143), isLegacy: true),
        Case(stage: .awaitingRetry, state: "ERROR", reason: "Error", main: .exited(3), isLegacy: true),
        Case(stage: .storing, state: "DONE", main: .exited(0), isLegacy: true),
    ]

    @Test("SIGTERM", arguments: cases)
    func terminated(_ test: Case) async throws {
        let grace = test.stage == .ready ? "2s" : "30s"
        let step = try StagedStep(
            (test.isLegacy ? ["--legacy"] : []) + ["--grace", grace],
            environment: ["KPIPE_RESTART_POLICY": "OnFailure"])
        defer { step.stop() }
        let main = try await step.reach(test.stage)
        if test.stage == .running {
            main?.kill(test.isLegacy ? SIGTERM : SIGKILL, group: !test.isLegacy)
            if !test.isLegacy { _ = try await main?.wait(atMost: .seconds(20)) }
        }
        if test.stage == .initializing, test.isLegacy { main?.kill(SIGTERM) }
        step.agent.kill(SIGTERM)
        if test.stage == .running {
            // Not before the signal has ended main: it would end by itself.
            try await eventually("main's end") {
                step.rig.text(".kpipe/try")?.contains("phase=ended") != false || !test.isLegacy
            }
        }
        if test.stage != .initializing { step.release() }
        #expect(try await step.agent.wait(atMost: .seconds(30)) == .exited(0), "\(step.agent.errorOutput)")
        if let main { #expect(try await main.wait(atMost: .seconds(20)) == test.main, "\(main.errorOutput)") }
        let last = try #require(step.backend.reports.last)
        #expect(last.state == test.state && last.terminal && last.reason == test.reason, "\(step.backend.states)")
        #expect((step.backend.stored["out"] != nil) == test.isStored, "\(step.backend.stored.keys)")
    }

    @Test("an ordinary container leaves by itself once the step is over")
    func legacyLeaves() async throws {
        let step = try StagedStep(["--legacy"])
        defer { step.stop() }
        let main = try await step.reach(.settled)
        #expect(try await step.agent.wait(atMost: .seconds(20)) == .exited(0), "\(step.agent.errorOutput)")
        #expect(main?.status == .exited(0))
    }

    @Test("what cannot be stored within the grace is named, and the agent is gone in time")
    func uploadTooSlow() async throws {
        let step = try StagedStep(["--grace", "3s"])
        defer { step.stop() }
        let main = try await step.reach(.storing)
        let begin = ContinuousClock.now
        step.agent.kill(SIGTERM)
        #expect(try await step.agent.wait(atMost: .seconds(10)) == .exited(0), "\(step.agent.errorOutput)")
        // A busy machine may be late.
        #expect(ContinuousClock.now - begin < .seconds(8))
        #expect(try await main?.wait(atMost: .seconds(5)) == .exited(74))
        let last = try #require(step.backend.reports.last)
        #expect(last.terminal && last.reason == "DeadlineExceeded", "\(last)")
        #expect(last.message?.contains("out") == true, "\(last)")
    }

    @Test("a program that ignores SIGTERM has half of the grace; what it wrote by then is stored")
    func stubborn() async throws {
        let step = try StagedStep(["--legacy", "--grace", "5s"])
        defer { step.stop() }
        let main = try step.rig.main("trap '' TERM; echo content > output/out; while :; do sleep 0.1; done")
        defer { main.kill(group: true) }
        step.release()
        try await step.rig.waitFor("output/out")
        main.kill(SIGTERM)
        step.agent.kill(SIGTERM)
        #expect(try await step.agent.wait(atMost: .seconds(10)) == .exited(0), "\(step.agent.errorOutput)")
        #expect(step.backend.stored["out"] == Array("content\n".utf8))
        #expect(step.backend.reports.last?.reason == "DeadlineExceeded")
    }
}
