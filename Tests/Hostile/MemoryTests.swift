import Foundation
import Glibc
import TestSupport
import Testing

/// Main forges what the agent remembers, checksums and all.
@Suite("Main rewrites the agent's memory")
struct MemoryTests {
    /// What an agent of the same pod wrote whose step has ended well.
    private func forgedJournal(_ pod: String) async throws -> [UInt8] {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend, pod: pod)
        let agent = try rig.agent(environment: ["KPIPE_RESTART_POLICY": "Never"])
        try await rig.finish(agent, rig.main("true"))
        return try rig.folder.read("workdir/.kpipe/journal")
    }

    @Test("with a state-dir, a forged journal changes nothing")
    func forged() async throws {
        let pod = UUID().uuidString
        let journal = try await forgedJournal(pod)
        let backend = try StepBackend(inputs: ["a": Array("content".utf8)])
        defer { backend.stop() }
        let rig = try StepRig(backend, pod: pod)
        let arguments = ["--state-dir", rig.folder["state"], "--grace", "5s"]
        let environment = ["KPIPE_RESTART_POLICY": "Never"]
        let first = try rig.agent(arguments, environment: environment)
        let main = try rig.main("until [ -e go ]; do sleep 0.02; done; echo mine > output/mine")
        try await rig.waitFor(state: "RUNNING")
        #expect(!rig.exists(".kpipe/journal"))
        await first.finish()
        try rig.folder.write(journal, to: "workdir/.kpipe/journal")
        let second = try rig.agent(arguments, environment: environment)
        defer { second.kill(group: true) }
        try await rig.waitUntilUp(second)
        #expect(second.errorOutput.contains("condition=resumed"), "\(second.errorOutput)")
        try rig.write("go")
        try await rig.finish(second, main)
        #expect(backend.stored["mine"] == Array("mine\n".utf8))
        #expect(backend.reports.count { $0.terminal } == 1)
        #expect(backend.states.last == "DONE")
        let byID = Dictionary(grouping: backend.reports, by: \.id).values
        #expect(
            byID.allSatisfy { Set($0.map(\.state)).count == 1 }, "an id is one report, however often it is delivered")
        #expect(backend.gets["a"] == 1, "what is verified is not fetched again")
    }

    @Test("without one, 550 MB of journal cost no memory")
    func enormous() async throws {
        let backend = try StepBackend()
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let first = try rig.agent()
        try await rig.waitFor("ready")
        await first.finish()
        try rig.folder.write([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20), to: "workdir/.kpipe/journal")
        truncate("\(rig.workdir)/.kpipe/journal", 550 << 20)
        let second = try rig.agent(["--grace", "5s"])
        defer { second.kill(group: true) }
        try await rig.waitUntilUp(second)
        #expect(try #require(second.peakMemory) < 200 << 20)
        second.kill(SIGTERM)
        #expect(try await second.wait(atMost: .seconds(20)) == .exited(0), "\(second.errorOutput)")
    }
}
