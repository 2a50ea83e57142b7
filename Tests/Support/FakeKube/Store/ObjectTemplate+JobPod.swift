import Basics
import YAMLTree

extension ObjectTemplate {
    /// The pod of a pipeline's step: main and a marked log shipper run, nobody has ended yet.
    package static let jobPod = ObjectTemplate([
        "kind": "Pod", "apiVersion": "v1",
        "metadata": [
            "name": "step-000000-x7k2p", "namespace": "load", "uid": "10ad0000-0000-4000-8a00-fa4e77000000",
            "resourceVersion": "1000000", "generation": 1, "creationTimestamp": "2026-11-21T01:00:00Z",
            "labels": [
                "app.kubernetes.io/name": "PipelineJob", "app.kubernetes.io/instance": "step-000000",
                "batch.kubernetes.io/job-name": "step-000000", "job-name": "step-000000",
            ],
            "annotations": [
                "cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "pipeline.example/step": "transform",
            ],
        ],
        "spec": [
            "restartPolicy": "Never", "nodeName": "node-1", "automountServiceAccountToken": false,
            "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "securityContext": .object([]),
            "schedulerName": "default-scheduler", "serviceAccountName": "default",
            "containers": [container("main", settings: 12), container("log-shipper", settings: 6, marked: true)],
            "volumes": [
                ["name": "workdir", "emptyDir": ["sizeLimit": "1Gi"]],
                ["name": "config", "configMap": ["name": "pipeline"]],
            ],
            "tolerations": [["key": "batch", "operator": "Equal", "value": "true", "effect": "NoSchedule"]],
        ],
        "status": [
            "phase": "Running", "startTime": "2026-11-21T01:00:00Z", "hostIP": "10.0.0.1", "podIP": "10.244.1.2",
            "qosClass": "Burstable",
            "conditions": .array(
                ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map {
                    ["type": .string($0), "status": "True", "lastTransitionTime": "2026-11-21T01:00:00Z"]
                }),
            "containerStatuses": [status("main"), status("log-shipper")],
        ],
    ])

    private static func container(_ name: String, settings: Int, marked: Bool = false) -> JSONValue {
        let marker: [JSONValue] =
            marked ? [["name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"]] : []
        return [
            "name": .string(name), "image": .string("registry.example/team/\(name):1"),
            "args": ["--step", "000000"],
            "env": .array(
                marker
                    + (0..<settings).map { number -> JSONValue in
                        ["name": .string("SETTING_\(number)"), "value": .string("value-\(number)-000000")]
                    }),
            "resources": ["requests": ["cpu": "500m", "memory": "1Gi"], "limits": ["memory": "2Gi"]],
            "volumeMounts": [
                ["name": "workdir", "mountPath": "/workdir"], ["name": "config", "mountPath": "/etc/config"],
            ],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        ]
    }

    private static func status(_ name: String) -> JSONValue {
        let digest = String(repeating: "ab", count: 29) + "000000"
        return [
            "name": .string(name), "image": .string("registry.example/team/\(name):1"),
            "imageID": .string("registry.example/team/\(name)@sha256:\(digest)"),
            "containerID": .string("containerd://\(digest)"), "ready": true, "started": true, "restartCount": 0,
            "state": ["running": ["startedAt": "2026-11-21T01:00:00Z"]],
        ]
    }
}
