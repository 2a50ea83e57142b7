import Foundation
import Glibc
import TestSupport
import Testing

/// The agent holds credentials that main must not get. Main owns the volume and tries to have the agent read or write for
/// it elsewhere.
@Suite("Main wants what the agent can reach")
struct SecretsTests {
    private let secrets: TemporaryFolder
    private let backend: StepBackend
    private let rig: StepRig

    init() throws {
        secrets = try TemporaryFolder("secrets")
        try secrets.write("credential", to: "token")
        try secrets.write("credential", to: "deep/token")
        backend = try StepBackend(inputs: ["a": Array("content".utf8)])
        rig = try StepRig(
            backend,
            configuration: StepRig.configuration(backend)
                .replacing("state:\n", with: "state:\n- {to: 'file://WORKDIR/output/events'}\n")
                // A report that comes while it is stored changes it, and fails the step by rights.
                .replacing("from: '**',", with: "from: '**', exclude: [events],"))
        let file = rig.folder["step.yaml"]
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing("WORKDIR", with: rig.workdir)
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    /// What main does with `output`, and whether the step can succeed all the same. SECRETS stands for the folder.
    static let attacks: [(String, Int32)] = [
        ("mv output o2; ln -s SECRETS output; cp -r o2/. .kpipe/", 74),
        ("rm -rf output; ln -s SECRETS output", 74),
        ("mv output o2; ln -s o2 output", 74),
        ("ln -s SECRETS/token output/token", 0),
        ("ln -s SECRETS output/dir", 0),
        ("ln -s /proc/self/environ output/environ; ln -s /proc/self/fd output/fd", 0),
        ("mkdir output/sub; ln -s ../../../../../../../../..SECRETS/token output/sub/up", 0),
        ("ln -s SECRETS o3; ln -s ../o3/token output/two", 0),
        ("rm -f output/events; ln -s SECRETS/token output/events; echo A > state; sleep 0.2; echo B > state", 0),
    ]

    @Test("by links", arguments: attacks)
    func links(_ script: String, _ code: Int32) async throws {
        defer { backend.stop() }
        // A report that a link keeps from its file is tried again until the grace ends.
        let agent = try rig.agent(
            ["--grace", "5s"], environment: ["KPIPE_RESTART_POLICY": "Never", "SECRET_TOKEN": "credential"])
        defer { agent.kill(group: true) }
        try await rig.waitFor("ready")
        let main = try rig.main("echo mine > output/mine; \(script.replacing("SECRETS", with: secrets.path))")
        #expect(try await main.wait(atMost: .seconds(30)) == .exited(code), "\(main.errorOutput)")
        try await rig.waitFor(state: code == 0 ? "DONE" : "ERROR", terminal: true)
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(0), "\(agent.errorOutput)")
        expectNothingTaken(agent)
        #expect((backend.stored["mine"] == Array("mine\n".utf8)) == (code == 0))
    }

    @Test("by exchanging the folder all the time while outputs are stored")
    func race() async throws {
        defer { backend.stop() }
        let agent = try rig.agent(["--grace", "5s"], environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        try await rig.waitFor("ready")
        for number in 0..<40 { try rig.folder.write("mine", to: "workdir/output/token\(number)") }
        for number in 0..<40 { try secrets.write("credential", to: "token\(number)") }
        let exchange = """
            while :; do mv -T output o2 && ln -sT \(secrets.path) output; rm output; mv -T o2 output
            for i in 3 7 20; do ln -sfT \(secrets.path)/token output/t; mv -T output/t output/token$i; done; done
            """
        let enemy = try ChildProcess("sh", ["-c", exchange], folder: rig.workdir)
        defer { enemy.kill(group: true) }
        let main = try rig.main("true")
        _ = try await main.wait(atMost: .seconds(60))
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(40)) == .exited(0), "\(agent.errorOutput)")
        expectNothingTaken(agent)
    }

    @Test("by having inputs written or cleared elsewhere", arguments: ["resumed", "another pod's"])
    func inputs(_ kind: String) async throws {
        defer { backend.stop() }
        let earlier = try rig.agent(pod: "earlier")
        try await rig.waitFor("ready")
        await earlier.finish()
        // With an ordinary agent beside it main runs whenever it likes.
        try FileManager.default.removeItem(atPath: "\(rig.workdir)/input")
        symlink(secrets.path, "\(rig.workdir)/input")
        if kind == "resumed" { try FileManager.default.removeItem(atPath: "\(rig.workdir)/.kpipe/journal") }
        let agent = try rig.agent(["--grace", "5s"], pod: kind == "resumed" ? "earlier" : "later")
        defer { agent.kill(group: true) }
        try await eventually("the agent's word") {
            rig.exists("ready") || rig.exists(".kpipe/failed") || agent.status != nil
        }
        expectNothingTaken(agent)
        agent.kill(SIGTERM)
        _ = try await agent.wait(atMost: .seconds(20))
    }

    private func expectNothingTaken(_ agent: ChildProcess) {
        for (name, bytes) in backend.stored {
            #expect(!String(decoding: bytes, as: UTF8.self).contains("credential"), "\(name) holds a secret")
        }
        let names = try? secrets.list()
        #expect(names?.contains("token") == true && names?.contains("deep/token") == true, "\(names ?? [])")
        // The log is the entrypoint's, which writes where main leads it, with main's rights: not the agent's.
        let known = ["deep", "log", "error"]
        #expect(
            names?.allSatisfy { $0.contains("token") || known.contains($0) } == true,
            "something was written: \(names ?? [])")
        #expect((try? secrets.text("token")) == "credential")
        #expect(!agent.errorOutput.contains("credential"))
    }
}
