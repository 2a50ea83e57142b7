import Glibc
import TestSupport
import Testing

/// An output may not take the place of what the agent writes, nor be passed over in silence because of its name.
@Suite("Main takes a name that is the agent's") struct ReservedNameTests {
    @Test(arguments: ["kpipe-manifest.json", ".kpipe-result.csv", "deep/.kpipe-x"])
    func `is refused loudly`(_ name: String) async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let agent = try rig.agent(["--grace", "5s"], environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        try await rig.waitFor("ready")
        let main = try rig.main("mkdir output/deep; echo mine > output/mine; echo x > 'output/\(name)'")
        #expect(try await main.wait(atMost: .seconds(30)) == .exited(74), "\(main.errorOutput)")
        try await rig.waitFor(state: "ERROR", terminal: true)
        let last = backend.reports.last
        #expect(
            last?.message?.contains("reserved") == true && last?.message?.contains(name) == true, "\(backend.reports)")
        #expect(backend.stored["mine"] == Array("mine\n".utf8))
        agent.kill(SIGTERM)
        #expect(try await agent.wait(atMost: .seconds(20)) == .exited(0), "\(agent.errorOutput)")
    }
}
