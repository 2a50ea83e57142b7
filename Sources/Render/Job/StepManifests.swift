import Conversion
import KubeModel
import PodRules
import WorkdirProtocol

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

/// The pod of a step: the agent beside main, both on one volume.
private struct StepPod {
    let step: Step

    private static let volume = "workdir"
    private static let stateVolume = "kpipe-state"
    /// The agent's memory, where main cannot write.
    private static let stateFolder = "/var/lib/kpipe"
    private static let tokenVolume = "kpipe-token"
    /// Where clients of the API server look.
    private static let tokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount"
    /// How long a program that hangs may stay: three probes.
    private static let livenessPeriod = 30

    private let root = WorkdirPath.defaultRoot
    private var entrypoint: String { "\(root)/\(WorkdirPath.entrypoint)" }

    var spec: ManifestValue {
        var spec: ManifestValue = .map(present: [
            "restartPolicy": .text(step.restartPolicy.rawValue),
            "terminationGracePeriodSeconds": .number(step.grace),
            "serviceAccountName": (step.serviceAccount ?? (step.reportsToKubernetes ? step.name : nil)).map {
                .text($0)
            },
            "automountServiceAccountToken": false,
            "securityContext": [
                "runAsNonRoot": true, "runAsUser": .number(step.user), "runAsGroup": .number(step.user),
                "fsGroup": .number(step.user), "seccompProfile": ["type": "RuntimeDefault"],
            ],
            "initContainers": .list([step.isLegacy ? installer : agent]),
            "containers": .list([main] + (step.isLegacy ? [agent] : [])),
        ])
        for field in step.pod where field.name != "volumes" { spec[field.name] = field.value }
        let others = step.pod.first { $0.name == "volumes" }?.value.elements ?? []
        spec["volumes"] = .list(volumes + others)
        return spec
    }

    // MARK: Containers

    private var agent: ManifestValue {
        let own = { (name: String) in step.agent.container.first { $0.name == name }?.value }
        var container: ManifestValue = .map(present: [
            "name": "kpipe-agent", "image": .text(step.agent.image), "imagePullPolicy": own("imagePullPolicy"),
            "restartPolicy": step.isLegacy ? nil : "Always",
            "args": ["agent", "--state-dir", .text(Self.stateFolder)],
            "env": .list(agentVariables + (own("env")?.elements ?? [])),
            "envFrom": own("envFrom"),
        ])
        if !step.isLegacy {
            container["startupProbe"] = [
                "httpGet": ["path": .text(AgentAddress.ready), "port": .number(AgentAddress.defaultPort)],
                "periodSeconds": 1, "failureThreshold": .number(step.inputTimeout),
            ]
        }
        container["resources"] = step.agent.resources
        container["securityContext"] = Self.restricted(readOnly: true)
        let token: [ManifestValue] =
            step.reportsToKubernetes
            ? [["name": .text(Self.tokenVolume), "mountPath": .text(Self.tokenFolder), "readOnly": true]] : []
        let state: ManifestValue = ["name": .text(Self.stateVolume), "mountPath": .text(Self.stateFolder)]
        container["volumeMounts"] = .list([workdirMount, state] + token + (own("volumeMounts")?.elements ?? []))
        return container
    }

    private var agentVariables: [ManifestValue] {
        // Since 1.27 the label has a prefix; the old one is set beside it.
        let job = step.isLegacy ? "job-name" : "batch.kubernetes.io/job-name"
        var variables: [ManifestValue] = [
            Self.field(AgentVariable.podName, "metadata.name"),
            Self.field(AgentVariable.podNamespace, "metadata.namespace"),
            Self.field(AgentVariable.podUID, "metadata.uid"),
            Self.field(AgentVariable.jobName, "metadata.labels['\(job)']"),
            Self.variable(AgentVariable.restartPolicy, step.restartPolicy.rawValue),
            Self.variable(AgentVariable.grace, "\(step.grace - max(1, min(10, step.grace / 10)))s"),
            Self.variable(AgentVariable.config, ManifestWriter.yaml([.map(step.configuration)])),
        ]
        if step.isLegacy {
            variables += [
                Self.variable(AgentVariable.legacy, "true"), Self.variable(WellKnownNames.Variable.terminate, "true"),
            ]
        }
        return variables
    }

    /// Puts the entrypoint in place before main starts, which the agent does where it is native.
    private var installer: ManifestValue {
        [
            "name": "kpipe-install", "image": .text(step.agent.image),
            "command": ["kpipe-entrypoint", "install", .text("\(root)/\(WorkdirPath.own)")],
            "resources": step.agent.resources, "securityContext": Self.restricted(readOnly: true),
            "volumeMounts": [workdirMount],
        ]
    }

    private var main: ManifestValue {
        let own = { (name: String) in step.container.first { $0.name == name }?.value }
        var command = [entrypoint, "run", "--await-outputs"]
        if let timeout = step.noOutputTimeout { command += ["--no-output-timeout", timeout] }
        if let timestamps = step.timestamps { command += ["--timestamps", timestamps] }
        var container: ManifestValue = .map(present: [
            "name": "main", "image": .text(step.image),
            "workingDir": .text(step.workingDir ?? root),
            "command": .texts(command + ["--"]), "args": .texts(step.command),
        ])
        for field in step.container where field.name != "volumeMounts" { container[field.name] = field.value }
        // Main may begin before the agent, on a volume that another pod has left.
        if step.isLegacy {
            container["env"] = .list([Self.field(AgentVariable.podUID, "metadata.uid")] + (own("env")?.elements ?? []))
        }
        container["lifecycle"] = ["postStart": ["exec": ["command": .texts([entrypoint, "hook", "started"])]]]
        container["livenessProbe"] = [
            "exec": ["command": .texts([entrypoint, "probe", "healthy"])],
            "periodSeconds": .number(Self.livenessPeriod), "timeoutSeconds": 10,
        ]
        container["securityContext"] = Self.restricted(readOnly: false)
        container["volumeMounts"] = .list([workdirMount] + (own("volumeMounts")?.elements ?? []))
        return container
    }

    // MARK: Volumes

    private var workdirMount: ManifestValue { ["name": .text(Self.volume), "mountPath": .text(root)] }

    private var volumes: [ManifestValue] {
        let size: ManifestValue = step.workdirSize.map { ["sizeLimit": .text($0)] } ?? .map([])
        let workdir: ManifestValue = ["name": .text(Self.volume), "emptyDir": size]
        let state: ManifestValue = ["name": .text(Self.stateVolume), "emptyDir": .map([])]
        return [workdir, state] + (step.reportsToKubernetes ? [token] : [])
    }

    /// What the kubelet would mount into every container, for the agent alone.
    private var token: ManifestValue {
        [
            "name": .text(Self.tokenVolume),
            "projected": [
                "defaultMode": .number(0o440),
                "sources": [
                    ["serviceAccountToken": ["path": "token", "expirationSeconds": 3607]],
                    ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
                    [
                        "downwardAPI": [
                            "items": [["path": "namespace", "fieldRef": ["fieldPath": "metadata.namespace"]]]
                        ]
                    ],
                ],
            ],
        ]
    }

    // MARK: Small parts

    /// With the pod's own settings, what the restricted Pod Security Standard asks for.
    private static func restricted(readOnly: Bool) -> ManifestValue {
        .map(present: [
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": readOnly ? true : nil,
            "capabilities": ["drop": ["ALL"]],
        ])
    }

    /// The kubelet fills `$(NAME)` in and takes `$$` for a dollar sign.
    private static func variable(_ name: String, _ value: String) -> ManifestValue {
        [
            "name": .text(name),
            "value": .text(value.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")),
        ]
    }

    private static func field(_ name: String, _ path: String) -> ManifestValue {
        ["name": .text(name), "valueFrom": ["fieldRef": ["fieldPath": .text(path)]]]
    }
}
