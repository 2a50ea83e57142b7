import Foundation
import Glibc
import TestSupport
import Testing

/// `during: continuous` with the built programs.
@Suite("Outputs stored while main runs, by the agent")
struct ContinuousTests {
    private let backend: StepBackend
    private let rig: StepRig

    init() throws {
        backend = try StepBackend()
        rig = try StepRig(
            backend,
            configuration: """
                outputs:
                - {from: '**', to: '\(backend.url)/out/', during: continuous}
                state: [{to: '\(backend.url)/state'}]
                """)
    }

    @Test("a step that is killed has kept what it wrote, and one that goes on stores the rest")
    func keeps() async throws {
        defer { backend.stop() }
        let environment = ["KPIPE_RESTART_POLICY": "Never"]
        let first = try rig.agent(environment: environment)
        let main = try rig.main(
            """
            mkdir output/day; echo 1 > output/day/one; echo 1 > output/again
            until [ -e go ]; do sleep 0.02; done; echo 2 > output/again; echo 2 > output/two
            """)
        try await eventually("the files of a step that still runs") {
            Set(["day/one", "again"].map { "\(backend.url)/out/\($0)" }).isSubset(of: rig.journal().stored)
        }
        #expect(backend.stored["kpipe-manifest.json"] == nil)
        #expect(main.status == nil)
        await first.finish()
        let second = try rig.agent(environment: environment)
        defer { second.kill(group: true) }
        try await rig.waitUntilUp(second)
        try rig.write("go")
        try await rig.finish(second, main)
        #expect(backend.stored["again"] == Array("2\n".utf8))
        #expect(backend.stored["two"] == Array("2\n".utf8))
        #expect(backend.puts["day/one"] == 1, "what is stored already is not sent again")
        let manifest = String(decoding: backend.stored["kpipe-manifest.json"] ?? [], as: UTF8.self)
        for name in ["day/one", "again", "two", "log"] { #expect(manifest.contains("/out/\(name)\"")) }
    }

    @Test(
        "an output that main did not write fails a step that succeeded, and only that",
        arguments: [
            ("true", "", "result.csv", 74), ("true", "", "*.csv", 74), ("true", "", "sub/", 74), ("true", "", "'*'", 0),
            ("true", "", "'**'", 0), ("true", ", optional: true", "result.csv", 0), ("exit 3", "", "result.csv", 3),
            ("ln -s /etc/passwd output/result.csv", "", "result.csv", 74),
            ("echo > output/result.csv", "", "result.csv", 0),
            ("echo > output/kpipe-manifest.json", "", "'**'", 74),
        ] as [(String, String, String, Int32)])
    func missing(_ script: String, _ more: String, _ from: String, _ code: Int32) async throws {
        defer { backend.stop() }
        let quoted = from.hasPrefix("'") ? from : "'\(from)'"
        try Data(
            "outputs: [{from: \(quoted), to: '\(backend.url)/out/'\(more)}]\nstate: [{to: '\(backend.url)/state'}]".utf8
        )
        .write(to: URL(filePath: rig.folder["step.yaml"]))
        let agent = try rig.agent(environment: ["KPIPE_RESTART_POLICY": "Never"])
        defer { agent.kill(group: true) }
        let main = try rig.main(script)
        #expect(try await main.wait(atMost: .seconds(20)) == .exited(code), "\(main.errorOutput)")
        try await rig.waitFor(state: code == 0 ? "DONE" : "ERROR", terminal: true)
        let last = try #require(backend.reports.last)
        if code == 74 {
            let isReserved = from == "'**'"
            #expect(last.reason == (isReserved ? "ReservedName" : "OutputMissing"), "\(last)")
            #expect(last.message?.contains(isReserved ? "kpipe-manifest.json" : from) == true, "\(last)")
        } else if code == 3 {
            #expect(last.reason == "Error" && last.exitCode == 3 && last.container == "main", "\(last)")
            #expect(backend.stored["kpipe-manifest.json"] != nil)
        }
    }
}
