import Foundation
import Glibc
import TestSupport
import Testing

/// A state backend in trouble never holds a step up, and hears of everything once it is back.
@Suite("State backend faults")
struct BackendFaultTests {
    static let troubles: [StepBackend.Trouble] = [.status(500), .status(503), .status(429), .reset, .slow]

    @Test("the step goes on, and the reports come in order", arguments: troubles)
    func comesBack(_ trouble: StepBackend.Trouble) async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        backend.reportTrouble = trouble
        let rig = try StepRig(backend)
        let agent = try rig.agent(environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        let main = try rig.main("for i in 1 2 3; do echo PART-$i > .state; mv .state state; sleep 0.05; done")
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(0), "\(main.errorOutput)")
        #expect(backend.reports.isEmpty)
        backend.reportTrouble = nil
        // Leaving flushes what waits.
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(30)) == .exited(0), "\(agent.errorOutput)")
        #expect(backend.reports.map(\.sequence) == Array(1...max(1, backend.reports.count)))
        #expect(backend.states.first == "INITIALIZING")
        #expect(Array(backend.states.suffix(2)) == ["TERMINATING", "DONE"], "\(backend.states)")
        #expect(backend.reports.last?.terminal == true)
    }

    @Test("one that is gone for good takes no more than the grace")
    func neverComesBack() async throws {
        let backend = try StepBackend()
        let url = backend.url
        backend.stop()
        let rig = try StepRig(backend, configuration: "state: [{to: '\(url)/state'}]")
        let agent = try rig.agent(["--grace", "3s"])
        defer { agent.kill(group: true) }
        let main = try rig.main("true")
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(0), "\(main.errorOutput)")
        let begin = ContinuousClock.now
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(10)) == .exited(0), "\(agent.errorOutput)")
        // A busy machine may be late; without an end it would be endless.
        #expect(ContinuousClock.now - begin < .seconds(8))
        #expect(agent.errorOutput.contains("state report not delivered, retrying"))
    }

    @Test("a killed agent's successor delivers what was left")
    func resumes() async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        backend.reportTrouble = .status(500)
        let rig = try StepRig(backend)
        let first = try rig.agent()
        let main = try rig.main("true")
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(0), "\(main.errorOutput)")
        await first.finish()
        backend.reportTrouble = nil
        let second = try rig.agent()
        defer { second.kill(group: true) }
        try await rig.waitFor(state: "DONE", terminal: true)
        #expect(backend.states == ["INITIALIZING", "STARTED", "RUNNING", "SUCCESS", "TERMINATING", "DONE"])
        #expect(Set(backend.reports.map(\.id)).count == 6)
        second.kill(SIGTERM)
        #expect(try await second.wait(atMost: .seconds(20)) == .exited(0))
    }
}
