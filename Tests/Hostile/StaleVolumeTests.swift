import Foundation
import Glibc
import TestSupport
import Testing

/// An ordinary agent begins beside main, which may look at the volume first.
@Suite("A volume that outlived its pod, with --legacy")
struct StaleVolumeTests {
    @Test("main waits for its own inputs, whatever an earlier agent said", arguments: [true, false])
    func waits(_ succeeded: Bool) async throws {
        let backend = try StepBackend(inputs: succeeded ? ["a": Array("content".utf8)] : [:])
        defer { backend.stop() }
        let configuration = "inputs: [{from: '\(backend.url)/in/a', to: a}]\nstate: [{to: '\(backend.url)/state'}]\n"
        let rig = try StepRig(backend, configuration: configuration, pod: "earlier")
        let legacy = ["KPIPE_LEGACY": "true", "KPIPE_RESTART_POLICY": "Never"]
        let first = try rig.agent(["--grace", "4s"], environment: legacy)
        let before = try rig.main("cat input/a", environment: ["KPIPE_POD_UID": "earlier"])
        #expect(try await before.wait(atMost: .seconds(20)) == .exited(succeeded ? 0 : 66), "\(before.errorOutput)")
        #expect(try await first.wait(atMost: .seconds(20)) == .exited(0), "\(first.errorOutput)")
        #expect(rig.exists(succeeded ? "ready" : ".kpipe/failed"))

        let main = try rig.main("cat input/a", environment: ["KPIPE_POD_UID": "later"])
        defer { main.kill(group: true) }
        try await eventually("main at the volume") { rig.text(".kpipe/try")?.contains("phase=waiting") == true }
        try await Task.sleep(for: .milliseconds(300))
        #expect(main.status == nil, "it has begun, or ended, on another pod's word: \(main.errorOutput)")
        let gets = backend.requestCount(of: "/in/")
        let second = try rig.agent(["--grace", "4s"], environment: legacy, pod: "later")
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(succeeded ? 0 : 66), "\(main.errorOutput)")
        #expect(backend.requestCount(of: "/in/") > gets)
        #expect(try await second.wait(atMost: .seconds(20)) == .exited(0), "\(second.errorOutput)")
    }
}
