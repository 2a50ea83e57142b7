import PodRules
import Testing

@testable import Admission

@Suite struct WorkloadAdviceTests {
    static func job(labels: String = "{}", podLabels: String = "{}", owner: String = "[]", marked: Bool = true)
        -> String
    {
        """
        metadata: {name: step, labels: \(labels), ownerReferences: \(owner)}
        spec:
          template:
            metadata:
              labels: \(podLabels)
              annotations: {\(marked ? "sidecar.k-pipe.cloud/sidecars: logger" : "")}
            spec:
              restartPolicy: Never
              containers: [{name: main, image: b}, {name: logger, image: b}]
        """
    }

    static let label = "{sidecar.k-pipe.cloud/convert: enabled}"

    @Test(
        arguments: [
            (job(), true, AdmissionDecision.Result.advised, "get native sidecars as they are created"),
            (job(), false, .unasked, nil),
            (job(podLabels: label), false, .advised, "get native sidecars as they are created"),
            (job(labels: label), false, .advised, "stands on the object, but not on its pods"),
            (job(podLabels: "{sidecar.k-pipe.cloud/convert: disabled}"), true, .unasked, nil),
            (job(marked: false), true, .unchanged, nil),
            (
                job(owner: "[{apiVersion: batch/v1, kind: CronJob, name: c, uid: c, controller: true}]"), true,
                .unasked, nil
            ),
        ] as [(String, Bool, AdmissionDecision.Result, String?)])
    func isOnlyAdvised(job: String, namespaceAsks: Bool, result: AdmissionDecision.Result, says: String?) throws {
        let surroundings = Reviews.surroundings { $0.namespace = .init(converts: namespaceAsks) }
        let decision = AdmissionDecision(try Reviews.job(job), in: surroundings)
        #expect(decision.result == result)
        #expect(decision.patch == nil && decision.event == nil)
        #expect(decision.warnings.isEmpty == (says == nil))
        if let says { #expect(decision.warnings.joined().contains(says)) }
    }

    /// The pods are converted one by one, and the Job's own policy is nobody's to change: its author has to.
    @Test(
        arguments: [
            ("[{action: FailJob, onExitCodes: {operator: In, values: [1]}}]", true),
            ("[{action: FailJob, onExitCodes: {containerName: main, operator: In, values: [1]}}]", false),
            ("[{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]", false),
        ])
    func aPolicyWithoutAContainersNameIsTold(rules: String, isTold: Bool) throws {
        let job = Self.job().replacing(
            "spec:\n  template:", with: "spec:\n  podFailurePolicy: {rules: \(rules)}\n  template:")
        let cron =
            "metadata: {name: c}\nspec:\n  jobTemplate:\n"
            + job.split(separator: "\n").dropFirst().map { "    \($0)" }.joined(separator: "\n")
        for request in [try Reviews.job(job), try Reviews.job(cron, kind: .cronJob)] {
            let decision = AdmissionDecision(request, in: Reviews.surroundings())
            #expect(decision.result == .advised && decision.patch == nil)
            #expect(decision.warnings.contains { $0.contains("set containerName there") } == isTold)
        }
    }

    @Test func oldServersAreNamed() throws {
        let surroundings = Reviews.surroundings { $0.version = KubeVersion("1.27") }
        let decision = AdmissionDecision(try Reviews.job(Self.job()), in: surroundings)
        #expect(decision.warnings == ["its pods will be left as they are: native sidecars need Kubernetes 1.29"])
    }
}
