import Basics
import YAMLTree

extension ContractCase {
    static let patches = [
        ContractCase(
            "a merge patch sets and removes",
            .post(configMaps, configMap("a", ["keep": "1", "drop": "2"], labels: ["x": "y"])),
            .merge(
                "\(configMaps)/a", ["data": ["drop": .null, "new": "3"], "metadata": ["labels": .null]], 200,
                ["data": ["keep": "1", "drop": .null, "new": "3"], "metadata": ["labels": .null]])),
        ContractCase(
            "a patch that changes nothing keeps the version",
            .call("POST", configMaps, configMap("a", ["k": "1"]), 201, saves: ["version": "metadata.resourceVersion"]),
            .merge("\(configMaps)/a", ["data": ["k": "1"]], 200, ["metadata": ["resourceVersion": "{version}"]])),
        ContractCase(
            "a patch with a stale version conflicts",
            .call("POST", pods, pod("a"), 201, saves: ["old": "metadata.resourceVersion"]),
            .merge("\(pods)/a", ["metadata": ["labels": ["a": "b"]]]),
            .merge(
                "\(pods)/a", ["metadata": ["labels": ["a": "c"], "resourceVersion": "{old}"]], 409,
                [
                    "message":
                        .string(
                            "Operation cannot be fulfilled on pods \"a\": the object has been modified; please apply your"
                                + " changes to the latest version and try again"), "reason": "Conflict",
                    "details": ["name": "a", "kind": "pods"], "code": 409,
                ])),
        ContractCase(
            "a uid may not change",
            .post(pods, pod("a")),
            .merge(
                "\(pods)/a",
                ["metadata": ["uid": "00000000-0000-0000-0000-000000000000", "labels": ["a": "b"]]], 422,
                [
                    "reason": "Invalid",
                    "message": .string(
                        "Pod \"a\" is invalid: metadata.uid: Invalid value:"
                            + " \"00000000-0000-0000-0000-000000000000\": field is immutable"),
                ])),
        ContractCase(
            "a JSON patch tests, adds, replaces, removes",
            .post(configMaps, configMap("a", ["k": "1", "x": "y"])),
            .json(
                "\(configMaps)/a",
                [
                    ["op": "test", "path": "/data/k", "value": "1"],
                    ["op": "replace", "path": "/data/k", "value": "2"],
                    ["op": "add", "path": "/metadata/annotations", "value": ["example.com/a": "b"]],
                    ["op": "remove", "path": "/data/x"],
                ], 200,
                [
                    "data": ["k": "2", "x": .null], "metadata": ["annotations": ["example.com/a": "b"]],
                ]),
            .json(
                "\(configMaps)/a", [["op": "add", "path": "/metadata/annotations/example.com~1c", "value": "d"]], 200,
                [
                    "metadata": ["annotations": ["example.com/c": "d"]]
                ]),
            .json(
                "\(configMaps)/a", [["op": "test", "path": "/data/k", "value": "9"]], 422,
                [
                    "reason": "Invalid", "message": "the server rejected our request due to an error in our request",
                ]),
            .json("\(configMaps)/a", [["op": "remove", "path": "/data/none"]], 422, ["reason": "Invalid"])),
        ContractCase(
            "a strategic patch merges containers by name",
            .post(pods, pod("a")),
            .strategic(
                "\(pods)/a", ["spec": ["containers": [["name": "shipper", "image": "exit:1"]]]], 200,
                [
                    "metadata": ["generation": 2],
                    "spec": [
                        "containers": [
                            ["name": "main", "image": "busybox:1.36"], ["name": "shipper", "image": "exit:1"],
                        ]
                    ],
                ]),
            .strategic(
                "\(pods)/a", ["spec": ["containers": [["image": "exit:1"]]]], 500,
                ["message": "map: map[image:exit:1] does not contain declared merge key: name"])),
        ContractCase(
            "a strategic patch merges conditions by type, and finalizers as a set",
            .post(pods, pod("a")),
            .strategic(
                "\(pods)/a/status",
                ["status": ["conditions": [["type": "A", "status": "True"], ["type": "B", "status": "False"]]]]),
            .strategic(
                "\(pods)/a/status", ["status": ["conditions": [["type": "B", "status": "True"]]]], 200,
                ["status": ["conditions": [["type": "A", "status": "True"], ["type": "B", "status": "True"]]]]),
            .strategic(
                "\(pods)/a/status",
                ["status": ["conditions": [["type": "A", "$patch": "delete"]]]], 200,
                ["status": ["conditions": [["type": "B", "status": "True"]]]]),
            .strategic("\(pods)/a", ["metadata": ["finalizers": ["example.com/one"]]]),
            .strategic(
                "\(pods)/a", ["metadata": ["finalizers": ["example.com/two"]]], 200,
                ["metadata": ["finalizers": ["example.com/two", "example.com/one"]]]),
            .strategic(
                "\(pods)/a",
                ["metadata": ["$deleteFromPrimitiveList/finalizers": ["example.com/one", "example.com/two"]]], 200,
                ["metadata": ["finalizers": .null]])),
        ContractCase(
            "a strategic patch puts what it names into its own order",
            .post(pods, pod("a")),
            .strategic(
                "\(pods)/a/status",
                ["status": ["conditions": .array(["A", "B", "C"].map { ["type": .string($0), "status": "True"] })]]),
            .strategic(
                "\(pods)/a/status",
                ["status": ["conditions": [["type": "C", "status": "False"], ["type": "A", "status": "False"]]]], 200,
                [
                    "status": [
                        "conditions": [
                            ["type": "B", "status": "True"], ["type": "C", "status": "False"],
                            ["type": "A", "status": "False"],
                        ]
                    ]
                ]),
            .strategic(
                "\(pods)/a",
                ["spec": ["containers": [["name": "shipper", "image": "x:1"], ["name": "main", "image": "x:1"]]]], 422,
                ["reason": "Invalid"])),
        ContractCase(
            "status and the rest are written apart",
            .post(pods, pod("a")),
            .merge(
                "\(pods)/a/status",
                ["status": ["phase": "Running"], "spec": ["nodeName": "elsewhere"]], 200,
                ["status": ["phase": "Running"], "spec": ["nodeName": .null]]),
            .merge(
                "\(pods)/a", ["status": ["phase": "Failed"], "metadata": ["labels": ["a": "b"]]], 200,
                ["status": ["phase": "Running"], "metadata": ["labels": ["a": "b"], "generation": 1]])),
        ContractCase(
            "little of a pod may change",
            .post(pods, pod("a", ["restartPolicy": "Never"])),
            .merge(
                "\(pods)/a", ["spec": ["restartPolicy": "Always"]], 422,
                [
                    "message":
                        .string(
                            "Pod \"a\" is invalid: spec: Forbidden: pod updates may not change fields other than"
                                + " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`…"
                        ),
                    "reason": "Invalid",
                    "details": [
                        "name": "a", "kind": "Pod",
                        "causes": [["reason": "FieldValueForbidden", "field": "spec"]],
                    ],
                ]),
            .merge("\(pods)/a", ["spec": ["activeDeadlineSeconds": 60]]),
            .strategic(
                "\(pods)/a", ["spec": ["containers": [["name": "third", "image": "x"]]]], 422,
                [
                    "message":
                        "Pod \"a\" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers"
                ])),
        ContractCase(
            "an unknown field in a patch is refused where that is wanted",
            .post(pods, pod("a")),
            .merge("\(pods)/a?fieldValidation=Strict", ["spec": ["nonsense": 1]], 422, ["reason": "Invalid"]),
            .merge("\(pods)/a?fieldValidation=Ignore", ["spec": ["nonsense": 1]], 200, ["spec": ["nonsense": .null]])),
    ]
}
