import PodRules

/// Everything to apply for a step: its Job or CronJob, and what the agent may do where it reports to Kubernetes.
package enum StepManifests {
    package static func documents(_ step: Step) -> [ManifestValue] { access(step) + [workload(step)] }

    private static func workload(_ step: Step) -> ManifestValue {
        let pod: ManifestValue = .map(present: [
            "metadata": metadata(step, named: false), "spec": StepPod(step: step).spec,
        ])
        let job: ManifestValue = .map(present: [
            "backoffLimit": .number(backoffLimit(step)),
            "activeDeadlineSeconds": step.timeout.map { .number($0) },
            "ttlSecondsAfterFinished": step.timeToLive.map { .number($0) },
            "template": pod,
        ])
        guard let schedule = step.schedule else {
            return ["apiVersion": "batch/v1", "kind": "Job", "metadata": metadata(step, named: true), "spec": job]
        }
        return [
            "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(step, named: true),
            "spec": .map(present: [
                "schedule": .text(schedule), "timeZone": step.timeZone.map { .text($0) },
                // Two runs at once would store their outputs over each other.
                "concurrencyPolicy": "Forbid",
                "jobTemplate": ["spec": job],
            ]),
        ]
    }

    /// Under `OnFailure` a Job fails once its restarts reach the limit, and at the first with 0: n retries need n + 1.
    private static func backoffLimit(_ step: Step) -> Int {
        let restarts = step.restartPolicy == .onFailure && step.retries > 0
        return min(step.retries + (restarts ? 1 : 0), Int(Int32.max))
    }

    private static func metadata(_ step: Step, named: Bool) -> ManifestValue {
        let labels: [ManifestValue.Field] = [.init("app.kubernetes.io/name", .text(step.name))]
        return .map(present: [
            "name": named ? .text(step.name) : nil,
            "namespace": named ? step.namespace.map { .text($0) } : nil,
            "labels": .map(labels + step.labels.filter { $0.name != labels[0].name }),
            "annotations": step.annotations.isEmpty ? nil : .map(step.annotations),
        ])
    }

    /// An account of its own where the agent talks to the API server and nobody named another.
    private static func access(_ step: Step) -> [ManifestValue] {
        guard step.reportsToKubernetes, step.serviceAccount == nil else { return [] }
        let metadata = metadata(step, named: true)
        return [
            ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata],
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata,
                "rules": [
                    ["apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "patch"]],
                    ["apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]],
                ],
            ],
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": .text(step.name)],
                "subjects": [
                    .map(present: [
                        "kind": "ServiceAccount", "name": .text(step.name),
                        "namespace": step.namespace.map { .text($0) },
                    ])
                ],
            ],
        ]
    }
}
