import KubeModel
import PodTestSupport
import Testing

/// Rungs that could end more than the sidecar: main, which would run again, or a program of the node.
@Suite struct HarmToOthersTests {
    private static let ended = LadderTests.ended
    private static let envoy = ended.sidecar(image: "envoyproxy/envoy:v1")
    private static let onHost: @Sendable (inout Pod) -> Void = { $0.spec.hostNetwork = true }
    private static let startAll = {
        var rule = RestartPolicyRule()
        (rule.action, rule.exitCodeOperator, rule.exitCodes) = ("RestartAllContainers", "In", [143])
        return rule
    }()

    static let cases = [
        LadderTests.Case(
            "a rule that may start main again", ended.sidecar { $0.restartPolicyRules = [startAll] }, "hold"),
        LadderTests.Case(
            "the same, and no Job", LadderTests.alone.sidecar { $0.restartPolicyRules = [startAll] }, "exhausted",
            LadderTests.everything),
        LadderTests.Case(
            "started again whatever its code",
            ended.sidecar { $0.restartPolicy = "Always" }.annotated(LadderTests.quit, ":1/"), "hold"),
        LadderTests.Case("known by its image", envoy, "http"),
        LadderTests.Case("a guess on the node's own network", envoy.with(onHost), "image"),
        LadderTests.Case(
            "no guess there", envoy.annotated(LadderTests.quit, ":9901/quitquitquit").with(onHost), "http"),
    ]

    @Test(arguments: cases) func isNotRisked(_ example: LadderTests.Case) throws {
        #expect(try LadderTests.step(example.sketch, example.surroundings) == example.expected)
    }
}
