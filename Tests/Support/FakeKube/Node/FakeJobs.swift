import Basics
import YAMLTree

/// The Job controller of a `FakeNode`: makes pods, counts those that have ended, and gives up when there are too many
/// failures or restarts.
struct FakeJobs: Sendable {
    /// Since when a pod, by uid, has been seen to have ended.
    private var ended: [String: Double] = [:]

    mutating func step(_ api: inout FakeAPI, at now: Double, wall: KubeTime, review: Double) {
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
        for pod in pods {
            let phase = pod.text(at: "status.phase") ?? ""
            let isDeleted = pod[path: ["metadata", "deletionTimestamp"]] != nil
            guard isDeleted || phase == "Succeeded" || phase == "Failed" else {
                ended[pod.text(at: "metadata.uid") ?? ""] = nil
                active.append(pod)
                continue
            }
            guard isTracked(pod), isDue(pod, at: now, review: review) else { continue }
            release(pod, &api)
            if phase == "Succeeded", !isDeleted { succeeded += 1 } else { failed += 1 }
        }
        let limit = job[path: ["spec", "backoffLimit"]]?.integer ?? 6
        let restarts =
            job.text(at: "spec.template.spec.restartPolicy") == "OnFailure"
            ? active.map(Self.restarts).reduce(0, +) : 0
        var end: String?
        if succeeded > 0 {
            end = "Complete"
        } else if failed > limit || restarts > 0 && restarts >= limit {
            end = "Failed"
            for pod in active {
                release(pod, &api)
                delete(pod, &api, wall)
            }
        } else if active.isEmpty, !pods.contains(where: isTracked) {
            createPod(of: job, &api, wall)
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

    private func count(_ field: String, _ job: JSONValue) -> Int { job[path: ["status", field]]?.integer ?? 0 }

    private mutating func isDue(_ pod: JSONValue, at now: Double, review: Double) -> Bool {
        let uid = pod.text(at: "metadata.uid") ?? ""
        let since = ended[uid] ?? now
        ended[uid] = since
        return now - since >= review
    }

    private func isTracked(_ pod: JSONValue) -> Bool {
        pod[path: ["metadata", "finalizers"]]?.array?.contains(.string(Self.finalizer)) == true
    }

    private func release(_ pod: JSONValue, _ api: inout FakeAPI) {
        api.change("Pod", pod.text(at: "metadata.name") ?? "", in: pod.text(at: "metadata.namespace")) { pod in
            pod[path: ["metadata", "finalizers"]] = nil
        }
    }

    private func delete(_ pod: JSONValue, _ api: inout FakeAPI, _ wall: KubeTime) {
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
