import Basics
import YAMLTree

/// The Job controller of a `FakeNode`: makes pods, counts those that have ended, and gives up when there are too many
/// failures or restarts.
struct FakeJobs: Sendable {
    /// Since when a pod, by uid, has been seen to have ended.
    private var ended: [String: Double] = [:]
    /// When a pod is to be counted that has been seen to have ended.
    private(set) var nextEvent = Double.infinity

    mutating func step(_ api: inout FakeAPI, at now: Double, wall: KubeTime, review: Double) {
        nextEvent = .infinity
        let pods = Dictionary(grouping: api.objects("Pod")) { pod in
            pod[path: ["metadata", "labels", Self.uidLabel]]?.string ?? ""
        }
        for job in api.objects("Job") where !Self.isFinished(job) {
            step(job, pods[job.text(at: "metadata.uid") ?? ""] ?? [], &api, at: now, wall: wall, review: review)
        }
    }

    private mutating func step(
        _ job: JSONValue, _ pods: [JSONValue], _ api: inout FakeAPI, at now: Double, wall: KubeTime, review: Double
    ) {
        var (succeeded, failed) = (count("succeeded", job), count("failed", job))
        var active: [JSONValue] = []
        var uncounted = 0
        for pod in pods {
            let phase = pod.text(at: "status.phase") ?? ""
            let isDeleted = pod[path: ["metadata", "deletionTimestamp"]] != nil
            guard isDeleted || phase == "Succeeded" || phase == "Failed" else {
                ended[pod.text(at: "metadata.uid") ?? ""] = nil
                active.append(pod)
                continue
            }
            guard isTracked(pod) else { continue }
            guard isDue(pod, at: now, review: review) else {
                uncounted += 1
                continue
            }
            release(pod, &api)
            if phase == "Succeeded", !isDeleted { succeeded += 1 } else { failed += 1 }
        }
        let limit = job[path: ["spec", "backoffLimit"]]?.integer ?? 6
        let restarts =
            job.text(at: "spec.template.spec.restartPolicy") == "OnFailure"
            ? active.map(Self.restarts).reduce(0, +) : 0
        let completions = job[path: ["spec", "completions"]]?.integer ?? 1
        let wanted = min(job[path: ["spec", "parallelism"]]?.integer ?? 1, completions - succeeded)
        var end: String?
        if succeeded >= completions {
            end = "Complete"
        } else if failed > limit || restarts > 0 && restarts >= limit || pods.contains(where: isRefused(by: job)) {
            end = "Failed"
            for pod in active { dismiss(pod, &api, wall) }
        } else if active.count > wanted {
            for pod in Self.leastUseful(of: active).prefix(active.count - wanted) { dismiss(pod, &api, wall) }
        } else {
            for _ in active.count + uncounted..<max(wanted, active.count + uncounted) { createPod(of: job, &api, wall) }
        }
        guard end != nil || succeeded != count("succeeded", job) || failed != count("failed", job) else { return }
        api.change("Job", job.text(at: "metadata.name") ?? "", in: job.text(at: "metadata.namespace")) { job in
            job[path: ["status", "succeeded"]] = .integer(Int64(succeeded))
            job[path: ["status", "failed"]] = .integer(Int64(failed))
            guard let end else { return }
            job[path: ["status", "conditions"]] = [
                ["type": .string(end), "status": "True", "lastTransitionTime": .string(wall.text)]
            ]
        }
    }

    /// By a podFailurePolicy that names no container. It is asked of every pod that has failed, counted or not.
    private func isRefused(by job: JSONValue) -> (JSONValue) -> Bool {
        let rules = (job[path: ["spec", "podFailurePolicy", "rules"]]?.array ?? [])
            .filter { $0["action"]?.string == "FailJob" }
        let codes = Set(rules.flatMap { $0[path: ["onExitCodes", "values"]]?.array ?? [] }.compactMap(\.integer))
        return { pod in
            guard pod.text(at: "status.phase") == "Failed" else { return false }
            return (pod[path: ["status", "containerStatuses"]]?.array ?? []).contains {
                $0[path: ["state", "terminated", "exitCode"]]?.integer.map(codes.contains) ?? false
            }
        }
    }

    private func count(_ field: String, _ job: JSONValue) -> Int { job[path: ["status", field]]?.integer ?? 0 }

    private mutating func isDue(_ pod: JSONValue, at now: Double, review: Double) -> Bool {
        let uid = pod.text(at: "metadata.uid") ?? ""
        let since = ended[uid] ?? now
        ended[uid] = since
        guard now - since < review else { return true }
        nextEvent = min(nextEvent, since + review)
        return false
    }

    private func isTracked(_ pod: JSONValue) -> Bool {
        pod[path: ["metadata", "finalizers"]]?.array?.contains(.string(Self.finalizer)) == true
    }

    private func release(_ pod: JSONValue, _ api: inout FakeAPI) {
        api.change("Pod", pod.text(at: "metadata.name") ?? "", in: pod.text(at: "metadata.namespace")) { pod in
            pod[path: ["metadata", "finalizers"]] = nil
        }
    }

    /// First those that have not begun, by their phase, then those that are not ready, then the youngest.
    private static func leastUseful(of pods: [JSONValue]) -> [JSONValue] {
        // They are in the order in which they were made.
        (0...2).flatMap { usefulness in pods.reversed().filter { Self.usefulness(of: $0) == usefulness } }
    }

    private static func usefulness(of pod: JSONValue) -> Int {
        guard pod.text(at: "status.phase") == "Running" else { return 0 }
        let statuses = pod[path: ["status", "containerStatuses"]]?.array ?? []
        return statuses.allSatisfy { $0["ready"] == true } ? 2 : 1
    }

    /// One that it ends itself counts as no failure.
    private func dismiss(_ pod: JSONValue, _ api: inout FakeAPI, _ wall: KubeTime) {
        release(pod, &api)
        api.change("Pod", pod.text(at: "metadata.name") ?? "", in: pod.text(at: "metadata.namespace")) { pod in
            pod[path: ["metadata", "deletionTimestamp"]] = .string(wall.text)
        }
    }

    private func createPod(of job: JSONValue, _ api: inout FakeAPI, _ wall: KubeTime) {
        guard var pod = job[path: ["spec", "template"]] else { return }
        let (name, uid) = (job.text(at: "metadata.name") ?? "", job.text(at: "metadata.uid") ?? "")
        pod["apiVersion"] = "v1"
        pod["kind"] = "Pod"
        pod[path: ["metadata", "generateName"]] = .string(name + "-")
        pod[path: ["metadata", "namespace"]] = job[path: ["metadata", "namespace"]]
        pod[path: ["metadata", "labels", Self.uidLabel]] = .string(uid)
        pod[path: ["metadata", "labels", Self.nameLabel]] = .string(name)
        pod[path: ["metadata", "finalizers"]] = [.string(Self.finalizer)]
        pod[path: ["metadata", "ownerReferences"]] = [
            [
                "apiVersion": "batch/v1", "kind": "Job", "name": .string(name), "uid": .string(uid),
                "controller": true, "blockOwnerDeletion": true,
            ]
        ]
        pod[path: ["spec", "nodeName"]] = "lab"
        _ = try? api.create(pod, now: wall)
    }

    private static func restarts(of pod: JSONValue) -> Int {
        (pod[path: ["status", "containerStatuses"]]?.array ?? []).compactMap { $0["restartCount"]?.integer }
            .reduce(0, +)
    }

    private static func isFinished(_ job: JSONValue) -> Bool {
        job[path: ["status", "conditions"]]?.array?.isEmpty == false
    }

    private static let uidLabel = "batch.kubernetes.io/controller-uid"
    private static let nameLabel = "batch.kubernetes.io/job-name"
    private static let finalizer = "batch.kubernetes.io/job-tracking"
}
