import KubeModel
import PodTestSupport
import Testing

@testable import PodRules

@Suite struct MistakeTests {
    /// A container that its author means to be a native sidecar, and that is none, is named to whoever diagnoses its pod.
    @Test(arguments: [("Always", 1), ("OnFailure", 0), (nil, 0)]) func aPolicyOfASidecarOnAContainerIsNamed(
        _ policy: String?, _ count: Int
    ) {
        let pod = PodSketch().container("main", .exit(0)) { $0.restartPolicy = policy }.sidecar().pod
        let findings = PodFacts(pod, rules: MarkerRules()).findings
        #expect(findings.count == count)
        #expect(findings.allSatisfy { $0.hasPrefix("main has restartPolicy: Always among the regular containers") })
    }

    /// What stands in the facts before a pod was looked at is what a pod says that says nothing.
    @Test func aPodThatSaysNothingHasTheFactsOfNone() {
        var facts = PodFacts(Pod(), rules: MarkerRules())
        facts.restartPolicy = PodFacts().restartPolicy
        #expect(facts == PodFacts())
    }
}
