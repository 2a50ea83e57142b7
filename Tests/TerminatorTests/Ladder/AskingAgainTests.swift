import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

/// What has only just started may not listen yet when it is asked to leave. It is 1600, and the patience 15 seconds.
@Suite struct AskingAgainTests {
    /// Its sidecar had run for two seconds when main ended.
    private static let young = LadderTests.ended.sidecar().annotated(LadderTests.quit, ":1/").with { pod in
        var end = ContainerStatus.Termination()
        end.finishedAt = 1590
        pod.status.containerStatuses[0].state = .terminated(end)
        pod.status.containerStatuses[1].state = .running(startedAt: 1588)
    }

    static let cases = [
        LadderTests.Case(
            "nobody listened yet in one that had hardly started", young.progress("sidecar=http@1598/0!"), "http"),
        LadderTests.Case("it was asked a moment ago", young.progress("sidecar=http@1599/0!"), "http in 1"),
        LadderTests.Case("nobody listened just now", young.progress("sidecar=http@1598/0!"), "http in 2") {
            $0.failures = ["sidecar": [.http: "connection refused"]]
            $0.unreached = ["sidecar"]
        },
        LadderTests.Case("it was refused", young.progress("sidecar=http@1598/0!"), "image") {
            $0.failures = ["sidecar": [.http: "forbidden"]]
        },
        LadderTests.Case("it has had its time", young.progress("sidecar=http@1585/0!"), "image"),
        LadderTests.Case(
            "another rung was taken since", young.progress("sidecar=http@1590/0!,image@1592/0"), "image in 87"),
    ]

    @Test(arguments: cases) func `what is reached in the end need not be ended by force`(_ test: LadderTests.Case)
        throws
    {
        #expect(try LadderTests.step(test.sketch, test.surroundings) == test.expected)
    }
}
