import Basics
import YAMLTree

/// The cases of Jobs in OpenKruise's own end-to-end tests of its SidecarTerminator
/// (test/e2e/apps/v1alpha1/sidecarterminator.go, Apache License 2.0), their manifests unchanged.
extension Scenario {
    /// As they end where sidecars can be swapped.
    static let kruise = [
        kruise(never, expect: .complete("image")), kruise(neverStops, expect: .complete("image")),
        kruise(onFailureFails, expect: Outcome("Failed", Outcome.deleted, ["main": 1], [:])),
        kruise(onFailure, expect: .complete("image")),
    ]

    /// As they end where only Kruise's request is left.
    static let kruiseByRequest = [
        kruise(never, expect: .complete("crr")), kruise(neverStops, expect: .held()),
        kruise(onFailureFails, expect: Outcome("Failed", Outcome.deleted, ["main": 1], [:])),
        kruise(onFailure, expect: .complete("crr")),
    ]

    private typealias Case = (id: String, title: String, spec: JSONValue)

    private static func kruise(_ one: Case, expect expected: Outcome) -> Scenario {
        Scenario(one.id, "Kruise: \(one.title)", spec: one.spec, expect: expected)
    }

    private static let never: Case = (
        "kruise-never", "native job, restartPolicy=Never",
        ["template": ["spec": ["containers": [sleeping, nginx], "restartPolicy": "Never"]]]
    )
    private static let neverStops: Case = (
        "kruise-never-stop", "native job, restartPolicy=Never, main succeeded, sidecar never stop",
        [
            "template": [
                "metadata": ["labels": ["with-sidecar-neverstop": "true"]],
                "spec": ["containers": [sleeping, neverStopping], "restartPolicy": "Never"],
            ]
        ]
    )
    private static let onFailureFails: Case = (
        "kruise-fails", "native job, restartPolicy=OnFailure, main failed",
        [
            "backoffLimit": 3,
            "template": ["spec": ["containers": [failing, nginx], "restartPolicy": "OnFailure"]],
        ]
    )
    private static let onFailure: Case = (
        "kruise-on-failure", "native job, restartPolicy=OnFailure, main succeeded",
        [
            "backoffLimit": 3,
            "template": ["spec": ["containers": [sleeping, nginx], "restartPolicy": "OnFailure"]],
        ]
    )

    private static let sleeping = busybox("main", "sleep 5")
    private static let failing = busybox("main", "exit 1")
    private static let nginx: JSONValue = [
        "name": "sidecar", "image": "nginx:latest", "imagePullPolicy": "IfNotPresent",
        "env": [["name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"]],
    ]
    private static let neverStopping: JSONValue = busybox(
        "sidecar", "sleep 10000",
        env: [
            ["name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"],
            ["name": "KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE", "value": "true"],
        ])

    private static func busybox(_ name: String, _ script: String, env: JSONValue? = nil) -> JSONValue {
        .object(present: [
            "name": .string(name), "image": "busybox:latest", "imagePullPolicy": "IfNotPresent",
            "command": ["/bin/sh", "-c", .string(script)], "env": env,
        ])
    }
}
