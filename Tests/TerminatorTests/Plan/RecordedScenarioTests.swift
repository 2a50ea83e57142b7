import Basics
import Foundation
import KubeModel
import PodRules
import PodTestSupport
import TestSupport
import Testing

@testable import Terminator

/// What a real node said in each scenario, and what follows from it.
@Suite struct RecordedScenarioTests {
    /// All states of the scenarios' pods, in the order in which the watch told them.
    static func pods() throws -> [String: [Pod]] {
        let bytes = try Data(contentsOf: URL(filePath: Repository.path("Tests/Fixtures/recordings/pods.watch.jsonl")))
        var reader = WatchFrameReader(.json)
        reader.append(Array(bytes))
        var pods: [String: [Pod]] = [:]
        while let frame = try reader.next() {
            guard case .change(_, _, let object) = frame else { continue }
            let pod = try reader.withObject(object) { (bytes) throws(WireError) in try Pod(.json, in: bytes) }
            pods[pod.metadata.labels["case"] ?? "", default: []].append(pod)
        }
        return pods
    }

    /// The different verdicts of a scenario, in their order.
    @Test(arguments: [
        ("legacy-main-ok", ["wait main", "end sidecar: succeeded"]),
        ("legacy-main-fails", ["wait main", "end sidecar: failed"]),
        ("legacy-oom", ["wait main", "end sidecar: failed"]),
        ("legacy-onfailure", ["wait main", "end sidecar: succeeded"]),
        ("legacy-two-mains", ["wait main,main2", "wait main2", "end sidecar,sidecar2: succeeded"]),
        ("sidecar-imagepull", ["wait main", "end sidecar: succeeded"]),
        ("sidecar-crashloop", ["wait main", "end sidecar: succeeded", "leave: beingDeleted"]),
        ("swap-ok", ["wait main", "end sidecar: succeeded", "done: succeeded", "leave: finished"]),
        ("swap-starterror", ["wait main", "end sidecar: succeeded", "done: succeeded", "leave: finished"]),
        ("phase-marked", ["wait main", "end sidecar: succeeded", "leave: finished", "end sidecar: succeeded"]),
        ("deleted-while-running", ["wait main", "leave: beingDeleted"]),
        ("native-ok", ["leave: unmarked"]),
        ("init-fails", ["wait main", "leave: finished"]),
    ])
    func `verdicts of a scenario`(name: String, verdicts: [String]) throws {
        let pods = try #require(try Self.pods()[name])
        var words = pods.map { PodFacts($0, rules: .init()).verdict.words }
        words = words.enumerated().filter { $0.offset == 0 || words[$0.offset - 1] != $0.element }.map(\.element)
        #expect(words == verdicts)
    }

    @Test func `a pending pod with an ended main is acted on`() throws {
        let pod = try #require(try Self.pods()["sidecar-imagepull"]?.last)
        #expect(pod.status.phase == "Pending")
        let plan = Plan(for: PodFacts(pod, rules: .init()), in: .ordinary(now: 1_795_240_900))
        #expect(plan.images == ["sidecar": "exit0:latest"])
    }
}
