import FakeKube
import TerminatorScenarios
import YAMLTree

/// A namespace's Jobs and pods at one moment, with what was last seen of those that are gone.
struct Sighting: Sendable {
    private var jobs: [String: JSONValue] = [:]
    private var pods: [String: JSONValue] = [:]

    func followed(by jobs: [JSONValue], _ pods: [JSONValue]) -> Sighting {
        var next = Sighting()
        for job in jobs { next.jobs[job.text(at: "metadata.name") ?? ""] = job }
        next.pods = self.pods
        for (name, var pod) in self.pods where pod[path: ["metadata", "deletionTimestamp"]] == nil {
            pod[path: ["metadata", "deletionTimestamp"]] = "gone"
            next.pods[name] = pod
        }
        for pod in pods { next.pods[pod.text(at: "metadata.name") ?? ""] = pod }
        return next
    }

    func pods(of job: String) -> [JSONValue] {
        pods.values.filter { $0[path: ["metadata", "labels", "batch.kubernetes.io/job-name"]]?.string == job }
    }

    func ending(of scenario: Scenario, job name: String) -> Ending? {
        guard let job = jobs[name] else { return nil }
        let pods = pods(of: name)
        guard let outcome = Outcome(job: job, pods: pods, mains: scenario.mains) else { return nil }
        return Ending(outcome: outcome, seconds: Ending.seconds(pods, mains: scenario.mains))
    }

    /// For whoever has waited in vain.
    func story(of job: String) -> String {
        ([jobs[job]?["status"]]
            + pods(of: job).map { pod in
                .object(present: ["annotations": pod[path: ["metadata", "annotations"]], "status": pod["status"]])
            }).compactMap { $0?.text }.joined(separator: "\n")
    }
}
