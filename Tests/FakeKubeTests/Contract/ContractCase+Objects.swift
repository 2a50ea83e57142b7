import Basics
import YAMLTree

extension ContractCase {
    static let pods = "/api/v1/namespaces/{ns}/pods"
    static let configMaps = "/api/v1/namespaces/{ns}/configmaps"

    static func pod(_ name: String, _ more: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        let spec: [JSONValue.Member] =
            more.map { .init($0.key, $0.value) } + [
                .init(
                    "containers",
                    [["name": "main", "image": "busybox:1.36"], ["name": "shipper", "image": "shipper"]])
            ]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
            "spec": .object(spec),
        ]
    }

    static func configMap(_ name: String, _ data: JSONValue? = nil, labels: JSONValue? = nil) -> JSONValue {
        .object(present: [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": .object(present: ["name": .string(name), "labels": labels]), "data": data,
        ])
    }

    static let objects = [
        ContractCase(
            "a new pod has defaults",
            .post(
                pods, pod("a", ["restartPolicy": "Never"]), 201,
                [
                    "kind": "Pod", "apiVersion": "v1",
                    "metadata": [
                        "name": "a", "namespace": "{ns}", "uid": "*", "resourceVersion": "*", "generation": 1,
                        "creationTimestamp": "*",
                    ],
                    "spec": [
                        "restartPolicy": "Never", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
                        "schedulerName": "default-scheduler", "securityContext": .object([]),
                        "enableServiceLinks": true, "priority": 0, "preemptionPolicy": "PreemptLowerPriority",
                        "containers": [
                            [
                                "name": "main", "image": "busybox:1.36", "resources": .object([]),
                                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                                "imagePullPolicy": "IfNotPresent",
                            ],
                            ["name": "shipper", "imagePullPolicy": "Always"],
                        ],
                        "tolerations": [
                            [
                                "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
                                "tolerationSeconds": 300,
                            ],
                            [
                                "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
                                "tolerationSeconds": 300,
                            ],
                        ],
                    ],
                    "status": ["phase": "Pending", "qosClass": "BestEffort"],
                ])),
        ContractCase(
            "a name is taken once",
            .post(pods, pod("a")),
            .post(
                pods, pod("a"), 409,
                [
                    "kind": "Status", "status": "Failure", "reason": "AlreadyExists", "code": 409,
                    "message": "pods \"a\" already exists", "details": ["name": "a", "kind": "pods"],
                ])),
        ContractCase(
            "what is missing is not found",
            .get(
                "\(pods)/none", 404,
                [
                    "message": "pods \"none\" not found", "reason": "NotFound",
                    "details": ["name": "none", "kind": "pods"], "code": 404,
                ]),
            .get(
                "/apis/batch/v1/namespaces/{ns}/jobs/none", 404,
                [
                    "message": "jobs.batch \"none\" not found",
                    "details": ["name": "none", "group": "batch", "kind": "jobs"],
                ]),
            .merge("\(pods)/none", ["metadata": ["labels": ["a": "b"]]], 404),
            .delete("\(pods)/none", nil, 404),
            .get(
                "/api/v1/namespaces/{ns}/nonsense", 404,
                [
                    "message": "the server could not find the requested resource", "reason": "NotFound",
                    "details": .object([]),
                ]),
            .get("/apis/nonsense.example/v1/namespaces/{ns}/things", 404, "404 page not found")),
        ContractCase(
            "an object needs its namespace",
            .post(
                "/api/v1/namespaces/{ns}-none/pods", pod("a"), 404,
                ["message": "namespaces \"{ns}-none\" not found", "details": ["kind": "namespaces"]]),
            .post(
                pods,
                ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "a", "namespace": "other"]], 400,
                [
                    "message":
                        "the namespace of the provided object does not match the namespace sent on the request"
                ])),
        ContractCase(
            "a pod without containers is invalid",
            .post(
                pods, ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "x"], "spec": .object([])], 422,
                [
                    "message": "Pod \"x\" is invalid: spec.containers: Required value", "reason": "Invalid",
                    "details": [
                        "name": "x", "kind": "Pod",
                        "causes": [
                            [
                                "reason": "FieldValueRequired", "message": "Required value",
                                "field": "spec.containers",
                            ]
                        ],
                    ],
                ])),
        ContractCase(
            "names follow RFC 1123",
            .post(
                configMaps, configMap("Upper_Case"), 422,
                [
                    "message": "ConfigMap \"Upper_Case\" is invalid: metadata.name: Invalid value: \"Upper_Case\": a…",
                    "reason": "Invalid",
                ])),
        ContractCase(
            "an unknown field is refused where that is wanted, and lost otherwise",
            .post(
                "\(pods)?fieldValidation=Strict",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "x"],
                    "spec": ["containers": [["name": "a", "image": "b", "restartPolicyy": "Always"]]],
                ], 400,
                [
                    "message":
                        .string(
                            "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field"
                                + " \"spec.containers[0].restartPolicyy\""),
                    "reason": "BadRequest",
                ]),
            .post(
                "\(configMaps)?fieldValidation=Ignore",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "x"], "daten": ["a": "b"]], 201,
                ["daten": .null])),
        ContractCase(
            "a generated name ends in five letters",
            .call(
                "POST", configMaps,
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["generateName": "made-"]], 201,
                ["metadata": ["generateName": "made-", "name": "made-…"]], saves: ["made": "metadata.name"]),
            .get("\(configMaps)/{made}")),
        ContractCase(
            "a dry run changes nothing",
            .post("\(configMaps)?dryRun=All", configMap("dry"), 201, ["metadata": ["name": "dry", "uid": "*"]]),
            .get("\(configMaps)/dry", 404),
            .post("\(configMaps)?dryRun=Some", configMap("dry"), 422, ["reason": "Invalid"])),
        ContractCase(
            "an update needs the latest version",
            .call(
                "POST", configMaps, configMap("a", ["k": "1"]), 201, saves: ["old": "metadata.resourceVersion"]),
            .merge("\(configMaps)/a", ["data": ["k": "2"]]),
            .call(
                "PUT", "\(configMaps)/a",
                [
                    "apiVersion": "v1", "kind": "ConfigMap",
                    "metadata": ["name": "a", "resourceVersion": "{old}"], "data": ["k": "3"],
                ], 409,
                [
                    "message":
                        .string(
                            "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply"
                                + " your changes to the latest version and try again"),
                    "reason": "Conflict", "details": ["name": "a", "kind": "configmaps"],
                ]),
            .call(
                "PUT", "\(configMaps)/a",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"], "data": ["k": "3"]], 200,
                ["data": ["k": "3"]]),
            .call(
                "PUT", "\(configMaps)/a",
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "b"]], 400,
                ["message": "the name of the object (b) does not match the name on the URL (a)"])),
        ContractCase(
            "strangers stay out",
            .call("GET", pods, as: "wrong", 401, ["message": "Unauthorized", "reason": "Unauthorized", "code": 401]),
            .call(
                "GET", pods, as: "stranger", 403,
                [
                    "message":
                        .string(
                            "pods is forbidden: User \"nobody\" cannot list resource \"pods\" in API group \"\" in the"
                                + " namespace \"{ns}\""),
                    "reason": "Forbidden", "details": ["kind": "pods"],
                ]),
            .call(
                "GET", "/apis/batch/v1/namespaces/{ns}/jobs/a", as: "stranger", 403,
                [
                    "message":
                        .string(
                            "jobs.batch \"a\" is forbidden: User \"nobody\" cannot get resource \"jobs\" in API group"
                                + " \"batch\" in the namespace \"{ns}\""),
                    "details": ["name": "a", "group": "batch", "kind": "jobs"],
                ]),
            .call(
                "GET", pods, headers: ["Impersonate-User": "jane"], 403,
                [
                    "message":
                        .string(
                            "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the"
                                + " namespace \"{ns}\"")
                ])),
        ContractCase(
            "media types and methods are checked",
            .call("GET", pods, headers: ["Accept": "text/html"], 406, ["reason": "NotAcceptable"]),
            .call("POST", pods, pod("a"), type: "text/plain", 415, ["reason": "UnsupportedMediaType"]),
            .call("PATCH", "\(pods)/a", .object([]), type: "application/json", 415, ["reason": "UnsupportedMediaType"]),
            .call("POST", "\(pods)/a", pod("a"), 405, ["reason": "MethodNotAllowed", "code": 405])),
    ]
}
