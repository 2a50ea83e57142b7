import Foundation
import Glibc
import TestSupport
import Testing

/// The agent is killed (SIGKILL) again and again, over steps with 50 inputs and 50 outputs at every kind of store, and each
/// step ends as if nothing had happened.
///
/// `KPIPE_KILLS` is how often at each store, `KPIPE_TEST_SEED` repeats a run's choice of moments; every failure names the seed.
@Suite("Kill test")
struct KillTests {
    static let kills = ProcessInfo.processInfo.environment["KPIPE_KILLS"].flatMap { Int($0) } ?? 40
    static let files = 50
    static let seed = ProcessInfo.processInfo.environment["KPIPE_TEST_SEED"].flatMap(UInt64.init) ?? 20_261_121

    /// Copies each input to an output, now and then saying where it is, and takes its time.
    static let script = """
        i=0
        while [ $i -lt 50 ]; do
          case $i in 0|10|20|30|40) echo PART-$i > .state; mv .state state;; esac
          cp input/file-$i output/file-$i
          sleep 0.01
          i=$((i + 1))
        done
        """

    @Test(
        "kills at random moments: nothing lost, nothing done twice", .timeLimit(.minutes(30)),
        arguments: ServedStore.Kind.allCases.filter(\.isHere))
    func survives(kind: ServedStore.Kind) async throws {
        var tally = KillTally()
        var seed = Self.seed
        while tally.total < Self.kills {
            try await step(kind, seed: seed, &tally)
            seed += 1
        }
        print("kill test, \(kind): seeds \(Self.seed)..<\(seed), \(tally)")
        // Each part of a step's life has had its share.
        #expect(min(tally.fetching, tally.running, tally.storing) >= Self.kills / 20, "\(kind): \(tally)")
    }

    /// One step, whose agent is killed again and again until the step is over, and once after that.
    private func step(_ kind: ServedStore.Kind, seed: UInt64, _ tally: inout KillTally) async throws {
        var random = SeededGenerator(seed: seed)
        let inputs = Dictionary(
            uniqueKeysWithValues: (0..<Self.files).map { index in
                ("file-\(index)", seededBytes(Int.random(in: 0...200_000, using: &random), seed: seed &+ UInt64(index)))
            })
        let store = try await ServedStore(kind)
        for (name, bytes) in inputs { try await store.put(bytes, "in/\(name)") }
        let backend = try StepBackend(inputs: inputs, in: store, slowness: .milliseconds(25), seed: seed)
        defer { backend.stop() }
        let rig = try StepRig(backend)
        let main = try rig.main(Self.script)
        defer { main.kill(group: true) }
        var repetitions = Repetitions()
        var isOver = false
        var kills = 0
        while !isOver {
            isOver = backend.reports.contains { $0.terminal }
            let agent = try rig.agent()
            let patience = Duration.milliseconds(Int.random(in: 150...500, using: &random))
            try await KillMoment(using: &random).come(to: rig, agent, patience: patience)
            #expect(agent.status == nil, "it ended by itself before kill \(kills), seed \(seed): \(agent.errorOutput)")
            await agent.finish()
            kills += 1
            try #require(kills < 100, "the step does not get on, seed \(seed): \(backend.states)")
            let journal = rig.journal()
            repetitions.note(journal, backend)
            tally.count(isOver, journal, backend)
        }
        let last = try rig.agent()
        #expect(try await main.wait(atMost: .seconds(30)) == .exited(0), "main, seed \(seed): \(main.errorOutput)")
        try await rig.waitUntilUp(last)
        last.kill(SIGTERM)
        #expect(try await last.wait(atMost: .seconds(30)) == .exited(0), "seed \(seed): \(last.errorOutput)")

        try await expectOutputs(of: rig, seed)
        try await expectManifest(of: rig, seed)
        expectStates(of: backend, seed)
        #expect(repetitions.violations(backend) == [], "seed \(seed)")
    }

    private func expectOutputs(of rig: StepRig, _ seed: UInt64) async throws {
        for (name, content) in rig.backend.inputs {
            #expect(try await rig.backend.output(name) == content, "\(name) differs, seed \(seed)")
        }
    }

    private func expectManifest(of rig: StepRig, _ seed: UInt64) async throws {
        struct Manifest: Decodable {
            struct File: Decodable {
                let path: String
                let size: Int
                let sha256: String
            }
            let files: [File]
        }
        let document = try #require(try await rig.backend.output("kpipe-manifest.json"), "no manifest, seed \(seed)")
        let manifest = try JSONDecoder().decode(Manifest.self, from: Data(document))
        let expected = Set(rig.backend.inputs.keys).union(["log", "error"])
        #expect(Set(manifest.files.map(\.path)) == expected, "seed \(seed)")
        #expect(manifest.files.count == expected.count, "seed \(seed)")
        for file in manifest.files {
            #expect(try await rig.backend.output(file.path)?.count == file.size, "\(file.path), seed \(seed)")
            #expect(file.sha256.count == 64, "\(file.path), seed \(seed)")
        }
    }

    private func expectStates(of backend: StepBackend, _ seed: UInt64) {
        // Delivery is at least once: equal ids are the same report.
        var seen: [String: StepBackend.Report] = [:]
        var inOrder: [StepBackend.Report] = []
        for report in backend.reports {
            if let earlier = seen[report.id] {
                #expect(earlier == report, "one id for two reports, seed \(seed)")
            } else {
                inOrder.append(report)
            }
            seen[report.id] = report
        }
        #expect(inOrder.map(\.sequence) == Array(1...max(1, inOrder.count)), "no gap, seed \(seed)")
        #expect(inOrder.count { $0.terminal } == 1, "seed \(seed)")
        for (before, after) in zip(inOrder, inOrder.dropFirst()) {
            #expect(after.previous == before.state, "seed \(seed)")
        }
        let order =
            ["INITIALIZING", "STARTED", "RUNNING", "PART-0", "PART-10", "PART-20", "PART-30", "PART-40", "SUCCESS"]
            + ["TERMINATING", "DONE"]
        let places = inOrder.map { order.firstIndex(of: $0.state) ?? -1 }
        #expect(places == places.sorted(), "\(inOrder.map(\.state)), seed \(seed)")
        let certain: Set = ["INITIALIZING", "STARTED", "RUNNING", "SUCCESS", "TERMINATING", "DONE"]
        #expect(certain.isSubset(of: inOrder.map(\.state)), "\(inOrder.map(\.state)), seed \(seed)")
    }
}
