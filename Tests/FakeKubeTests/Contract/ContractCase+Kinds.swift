import Basics
import YAMLTree

extension ContractCase {
    private static let jobs = "/apis/batch/v1/namespaces/{ns}/jobs"
    private static let leases = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases"

    private static func job(_ policy: String) -> JSONValue {
        [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "a"],
            "spec": [
                "backoffLimit": 0,
                "template": [
                    "spec": [
                        "restartPolicy": .string(policy), "containers": [["name": "main", "image": "busybox"]],
                    ]
                ],
            ],
        ]
    }

    static let kinds = [
        ContractCase(
            "a Job selects its own pods, and keeps its template",
            .call(
                "POST", jobs, job("Never"), 201,
                [
                    "metadata": ["generation": 1],
                    "spec": [
                        "backoffLimit": 0, "parallelism": 1, "completions": 1, "completionMode": "NonIndexed",
                        "suspend": false, "selector": ["matchLabels": ["batch.kubernetes.io/controller-uid": "*"]],
                        "template": [
                            "metadata": ["labels": ["batch.kubernetes.io/job-name": "a", "job-name": "a"]],
                            "spec": ["dnsPolicy": "ClusterFirst", "terminationGracePeriodSeconds": 30],
                        ],
                    ],
                ]),
            .merge(
                "\(jobs)/a", ["spec": ["template": ["spec": ["restartPolicy": "OnFailure"]]]], 422,
                [
                    "reason": "Invalid", "details": ["name": "a", "group": "batch", "kind": "Job"],
                ]),
            .merge("\(jobs)/a", ["spec": ["suspend": true]], 200, ["metadata": ["generation": 2]])),
        ContractCase(
            "a Job's pods may not restart always",
            .post(
                jobs, job("Always"), 422,
                [
                    "message":
                        .string(
                            "Job.batch \"a\" is invalid: spec.template.spec.restartPolicy: Required value: valid values:"
                                + " \"OnFailure\", \"Never\"")
                ])),
        ContractCase(
            "a Lease keeps microseconds",
            .call(
                "POST", leases,
                [
                    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": "a"],
                    "spec": [
                        "holderIdentity": "one", "leaseDurationSeconds": 15, "leaseTransitions": 0,
                        "acquireTime": "2026-11-21T02:00:56.833885Z", "renewTime": "2026-11-21T02:00:56.833885Z",
                    ],
                ], 201, ["spec": ["renewTime": "2026-11-21T02:00:56.833885Z", "leaseDurationSeconds": 15]],
                saves: ["version": "metadata.resourceVersion"]),
            .merge(
                "\(leases)/a",
                ["metadata": ["resourceVersion": "{version}"], "spec": ["renewTime": "2026-11-21T02:00:58.833885Z"]]),
            .merge(
                "\(leases)/a",
                ["metadata": ["resourceVersion": "{version}"], "spec": ["holderIdentity": "two"]], 409,
                [
                    "message":
                        .string(
                            "Operation cannot be fulfilled on leases.coordination.k8s.io \"a\": the object has been"
                                + " modified; please apply your changes to the latest version and try again"),
                    "details": ["name": "a", "group": "coordination.k8s.io", "kind": "leases"],
                ])),
        ContractCase(
            "an event has two faces",
            .post(
                "/apis/events.k8s.io/v1/namespaces/{ns}/events",
                [
                    "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": ["name": "a.1"],
                    "eventTime": "2026-11-21T02:00:56.833885Z", "reportingController": "k-pipe.cloud/terminator",
                    "reportingInstance": "one", "action": "Terminating", "reason": "SidecarTerminating",
                    "note": "Asking it to leave", "type": "Normal",
                    "regarding": ["apiVersion": "v1", "kind": "Pod", "name": "a", "namespace": "{ns}"],
                ]),
            .get(
                "/api/v1/namespaces/{ns}/events/a.1", 200,
                [
                    "kind": "Event", "apiVersion": "v1", "message": "Asking it to leave",
                    "reportingComponent": "k-pipe.cloud/terminator", "reportingInstance": "one",
                    "involvedObject": ["kind": "Pod", "name": "a"], "note": .null, "regarding": .null,
                    "eventTime": "2026-11-21T02:00:56.833885Z",
                ]),
            .get(
                "/api/v1/namespaces/{ns}/events?fieldSelector=involvedObject.name%3Da,reason%3DSidecarTerminating", 200,
                [
                    "items": [["metadata": ["name": "a.1"]]]
                ]),
            .post(
                "/apis/events.k8s.io/v1/namespaces/{ns}/events",
                [
                    "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": ["name": "a.2"],
                    "regarding": ["kind": "Pod", "name": "a", "namespace": "{ns}"],
                ], 422, ["reason": "Invalid"])),
        ContractCase(
            "access can be asked for",
            .call(
                "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                [
                    "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                    "spec": ["resourceAttributes": ["verb": "delete", "resource": "pods", "namespace": "{ns}"]],
                ], 201, ["status": ["allowed": true]]),
            .call(
                "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                [
                    "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                    "spec": ["resourceAttributes": ["verb": "delete", "resource": "pods", "namespace": "{ns}"]],
                ], headers: ["Impersonate-User": "jane"], 201, ["status": ["allowed": false]])),
        ContractCase(
            "discovery tells what there is",
            .get("/api", 200, ["kind": "APIVersions", "versions": ["v1"]]),
            .get("/apis/batch", 200, ["kind": "APIGroup", "name": "batch", "preferredVersion": ["version": "v1"]]),
            .get(
                "/apis/coordination.k8s.io/v1", 200,
                ["kind": "APIResourceList", "groupVersion": "coordination.k8s.io/v1"]),
            .get("/version", 200, ["major": "1", "gitVersion": "v1…"])),
    ]
}
