package import Basics
import FakeKube
internal import YAMLTree

/// A namespace's Jobs and pods at one moment, with what was last seen of those that are gone.
package struct Sighting: Sendable {
    private var jobs: [String: JSONValue] = [:]
    private var pods: [String: JSONValue] = [:]
    private var podsOfJob: [String: [JSONValue]] = [:]

    package init() {}

    package func followed(by jobs: [JSONValue], _ pods: [JSONValue]) -> Sighting {
        var next = Sighting()
        for job in jobs { next.jobs[job.text(at: "metadata.name") ?? ""] = job }
        for pod in pods { next.pods[pod.text(at: "metadata.name") ?? ""] = pod }
        for (name, var pod) in self.pods where next.pods[name] == nil {
            if pod[path: ["metadata", "deletionTimestamp"]] == nil {
                pod[path: ["metadata", "deletionTimestamp"]] = "gone"
            }
            next.pods[name] = pod
        }
        next.podsOfJob = Dictionary(grouping: next.pods.values) { pod in
            pod[path: ["metadata", "labels", "batch.kubernetes.io/job-name"]]?.string ?? ""
        }
        return next
    }

    package func pods(of job: String) -> [JSONValue] {
        podsOfJob[job] ?? []
    }

    /// The name of a pod in which a main container runs.
    package func runningPod(of scenario: Scenario, job: String) -> String? {
        pods(of: job).first { pod in
            (pod[path: ["status", "containerStatuses"]]?.array ?? []).contains {
                scenario.mains.contains($0["name"]?.string ?? "") && $0[path: ["state", "running"]] != nil
            }
        }?.text(at: "metadata.name")
    }

    /// `nil` before the end.
    ///
    /// - Parameter isTold: whether the terminator has to have said so.
    package func ending(of scenario: Scenario, job name: String, isTold: Bool = true) -> Ending? {
        guard let job = jobs[name] else { return nil }
        let pods = pods(of: name)
        guard let outcome = Outcome(job: job, pods: pods, mains: scenario.mains, isTold: isTold) else { return nil }
        return Ending(outcome: outcome, seconds: Ending.seconds(pods, mains: scenario.mains))
    }

    /// For whoever has waited in vain.
    package func story(of job: String) -> String {
        let pods = pods(of: job).map { pod -> JSONValue in
            .object(present: ["annotations": pod[path: ["metadata", "annotations"]], "status": pod["status"]])
        }
        return ([jobs[job]?["status"]] + pods).compactMap { $0?.text }.joined(separator: "\n")
    }
}
