import Foundation
import Glibc
import TestSupport
import Testing

/// Faults of a step's surroundings, against the built programs: what main ends with, and what the backend is told.
@Suite("Agent faults")
struct AgentFaultTests {
    /// A step that cannot begin: what is wrong, what main ends with, the reason in the report, and what is named.
    struct Failure: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: Int32
        let reason: String
        let named: String
        /// `URL` stands for the backend's.
        let configuration: String
    }

    static let failures = [
        Failure(
            testDescription: "missing input", code: 66, reason: "InputMissing", named: "absent",
            configuration: "inputs: [{from: 'URL/in/absent'}]"),
        Failure(
            testDescription: "wrong sha256", code: 65, reason: "ChecksumMismatch", named: "a",
            configuration: "inputs: [{from: 'URL/in/a', sha256: \(String(repeating: "0", count: 64))}]"),
        Failure(
            testDescription: "unknown field", code: 78, reason: "ConfigurationInvalid", named: "inputs[0].frm",
            configuration: "inputs: [{frm: 'URL/in/a'}]"),
        Failure(
            testDescription: "no YAML", code: 78, reason: "ConfigurationInvalid", named: "step.yaml",
            configuration: "inputs: [{"),
    ]

    @Test("main says why it is not run, and the agent stays", arguments: failures)
    func cannotBegin(_ failure: Failure) async throws {
        let backend = try StepBackend(inputs: ["a": Array("content".utf8)])
        defer { backend.stop() }
        let rig = try StepRig(
            backend,
            configuration: failure.configuration.replacing("URL", with: backend.url)
                + "\nstate: [{to: '\(backend.url)/state'}]")
        let agent = try rig.agent()
        defer { agent.kill(group: true) }
        // As the startup probe lets the kubelet start main: not before the agent says so.
        try await rig.waitFor(".kpipe/failed")
        #expect(rig.exists(".kpipe/kpipe-entrypoint"), "main could not even say what is wrong")
        let main = try rig.main("touch output/ran", entrypoint: "\(rig.workdir)/.kpipe/kpipe-entrypoint")
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(failure.code), "\(main.errorOutput)")
        #expect(main.errorOutput.contains(failure.named), "\(main.errorOutput)")
        #expect(!rig.exists("output/ran"))
        #expect(!rig.exists("ready"))
        if failure.code != 78 {
            // Without a configuration nobody knows where to report to.
            try await rig.waitFor(state: "ERROR", terminal: true)
            let last = try #require(backend.reports.last)
            #expect(last.reason == failure.reason && last.exitCode == Int(failure.code) && last.container == "agent")
        }
        #expect(agent.status == nil, "a native sidecar that ends is started for ever")
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(0), "\(agent.errorOutput)")
    }

    @Test("a port that is taken is told to main")
    func portTaken() async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let port = try #require(backend.url.split(separator: ":").last)
        let agent = try rig.agent(["--port", String(port)])
        defer { agent.kill(group: true) }
        let main = try rig.main("true")
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(78))
        #expect(main.errorOutput.contains(port), "\(main.errorOutput)")
        try await rig.waitFor(state: "ERROR", terminal: true)
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(0), "\(agent.errorOutput)")
    }

    @Test("a second agent on a volume refuses, and the first goes on")
    func twoAgents() async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let agent = try rig.agent()
        defer { agent.kill(group: true) }
        try await rig.waitFor("ready")
        let second = try rig.agent(pod: "another")
        #expect(try await second.wait(atMost: .seconds(20)) == .exited(75))
        #expect(second.errorOutput.contains("another agent is at work in \(rig.workdir)"), "\(second.errorOutput)")
        try await rig.finish(agent, rig.main("echo x > output/x"))
        #expect(backend.stored["x"] == Array("x\n".utf8))
    }

    @Test(
        "a volume that cannot be used is refused", arguments: [("missing", 74), ("read-only", 77)] as [(String, Int32)])
    func unusableVolume(_ kind: String, _ code: Int32) async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let agent: ChildProcess
        if kind == "missing" {
            agent = try rig.agent(["--workdir", "\(rig.workdir)/nowhere"])
        } else {
            // As another user, because permissions do not bind root.
            chmod(rig.folder.path, 0o755)
            chmod(rig.workdir, 0o555)
            agent = try rig.agent(user: 65534)
        }
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(code), "\(agent.errorOutput)")
        #expect(agent.errorOutput.contains(rig.workdir), "\(agent.errorOutput)")
        #expect(code != 77 || agent.errorOutput.contains("fsGroup"), "\(agent.errorOutput)")
    }

    @Test("markers of an earlier pod count for nothing")
    func staleVolume() async throws {
        let backend = try StepBackend(inputs: ["a": Array("content".utf8)])
        defer { backend.stop() }
        let rig = try StepRig(backend, pod: "earlier")
        try await rig.finish(rig.agent(), rig.main("echo old > output/old"))
        try rig.write("started")
        try rig.write("healthy")
        let before = backend.reports.count

        let agent = try rig.agent(pod: "later")
        try await rig.waitUntilUp(agent)
        try await rig.finish(agent, rig.main("cat input/a > output/new"))
        let reports = Array(backend.reports.dropFirst(before))
        #expect(reports.allSatisfy { $0.id.hasPrefix("later/") })
        #expect(
            reports.map(\.state) == ["INITIALIZING", "STARTED", "RUNNING", "SUCCESS", "TERMINATING", "DONE"],
            "\(reports.map(\.state))")
        #expect(backend.gets["a"] == 2, "an input of another pod's is not ours")
        #expect(backend.puts["old"] == 1, "an output of another pod's is not ours")
        #expect(backend.stored["new"] == Array("content".utf8))
    }

    @Test("a retry follows a failed try, and the step succeeds")
    func retry() async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let agent = try rig.agent(environment: ["KPIPE_RESTART_POLICY": "OnFailure"])
        defer { agent.kill(group: true) }
        let first = try rig.main("echo one > output/one; exit 3")
        #expect(try await first.wait(atMost: .seconds(20)) == .exited(3))
        #expect(backend.stored.isEmpty, "outputs are stored once the step has ended")
        try await rig.finish(agent, rig.main("cat output/one; echo two > output/two"))
        #expect(Set(backend.stored.keys) == ["one", "two", "log", "error", "kpipe-manifest.json"])
        #expect(
            backend.states == [
                "INITIALIZING", "STARTED", "RUNNING", "ERROR", "RUNNING", "SUCCESS", "TERMINATING", "DONE",
            ])
        #expect(backend.reports.map(\.terminal).count { $0 } == 1)
        #expect(rig.text("output/log")?.contains("try 2") == true)
    }

    @Test(
        "an output that is refused fails the step whose program succeeded",
        arguments: [400, 403, 507])
    func refusedOutput(_ status: Int) async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        backend.answerOutputs(status)
        let rig = try StepRig(backend)
        let agent = try rig.agent(environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        let main = try rig.main("echo x > output/x")
        #expect(try await main.wait(atMost: .seconds(60)) == .exited(74), "\(main.errorOutput)")
        #expect(main.errorOutput.contains("/out/"), "\(main.errorOutput)")
        try await rig.waitFor(state: "ERROR", terminal: true)
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(0), "\(agent.errorOutput)")
    }

    @Test(
        "a program killed for want of memory is told so",
        .enabled(if: MemoryLimit.isPossible, "needs a cgroup of its own"))
    func outOfMemory() async throws {
        let limit = try MemoryLimit(bytes: 64 << 20)
        defer { limit.remove() }
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let agent = try rig.agent(environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        let main = try rig.main("x=x; while :; do x=$x$x; done", in: limit)
        #expect(try await main.wait(atMost: .seconds(60)) == .exited(137), "\(main.errorOutput)")
        try await rig.waitFor(state: "KILLED", terminal: true)
        let last = try #require(backend.reports.last)
        #expect(last.reason == "OOMKilled" && last.exitCode == 137 && last.container == "main")
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(0), "\(agent.errorOutput)")
    }
}
