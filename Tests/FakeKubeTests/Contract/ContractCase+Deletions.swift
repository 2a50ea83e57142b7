import Basics
import YAMLTree

extension ContractCase {
    private static func preconditions(_ name: String, _ value: JSONValue) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": .object([JSONValue.Member(name, value)]),
        ]
    }

    static let deletions = [
        ContractCase(
            "what is deleted is gone",
            .call("POST", configMaps, configMap("a"), 201, saves: ["uid": "metadata.uid"]),
            .delete(
                "\(configMaps)/a", nil, 200,
                [
                    "kind": "Status", "status": "Success",
                    "details": ["name": "a", "kind": "configmaps", "uid": "{uid}"],
                ]),
            .get("\(configMaps)/a", 404)),
        ContractCase(
            "preconditions are checked",
            .call(
                "POST", configMaps, configMap("a"), 201,
                saves: ["uid": "metadata.uid", "version": "metadata.resourceVersion"]),
            .delete(
                "\(configMaps)/a", preconditions("uid", "00000000-0000-0000-0000-000000000000"), 409,
                [
                    "reason": "Conflict",
                    "message": .string(
                        "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition"
                            + " (00000000-0000-0000-0000-000000000000) does not match the UID in record ({uid}). The"
                            + " object might have been deleted and then recreated"),
                ]),
            .delete(
                "\(configMaps)/a", preconditions("resourceVersion", "1"), 409,
                [
                    "message": .string(
                        "Operation cannot be fulfilled on ConfigMap \"a\": the ResourceVersion in the precondition (1)"
                            + " does not match the ResourceVersion in record ({version}). The object might have been"
                            + " modified")
                ]),
            .delete("\(configMaps)/a", preconditions("uid", "{uid}"))),
        ContractCase(
            "a pod on a node is only marked, until its grace is nothing",
            .post(pods, pod("a", ["nodeName": "somewhere", "terminationGracePeriodSeconds": 7])),
            .delete(
                "\(pods)/a", nil, 200,
                [
                    "kind": "Pod",
                    "metadata": ["deletionTimestamp": "*", "deletionGracePeriodSeconds": 7, "generation": 2],
                ]),
            .get("\(pods)/a", 200, ["metadata": ["deletionGracePeriodSeconds": 7]]),
            .delete("\(pods)/a", ["apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0]),
            .get("\(pods)/a", 404)),
        ContractCase(
            "a pod on no node goes at once",
            .post(pods, pod("a")), .delete("\(pods)/a", nil, 200, ["kind": "Pod"]), .get("\(pods)/a", 404)),
        ContractCase(
            "a finalizer keeps an object",
            .post(configMaps, configMap("a")),
            .merge("\(configMaps)/a", ["metadata": ["finalizers": ["example.com/hold"]]]),
            .delete(
                "\(configMaps)/a", nil, 200,
                [
                    "kind": "ConfigMap", "metadata": ["deletionTimestamp": "*", "deletionGracePeriodSeconds": 0],
                ]),
            .get("\(configMaps)/a", 200, ["metadata": ["deletionTimestamp": "*"]]),
            .merge("\(configMaps)/a", ["metadata": ["finalizers": .null]]),
            .get("\(configMaps)/a", 404)),
        ContractCase(
            "a collection is deleted by its labels",
            .post(configMaps, configMap("a", labels: ["tier": "x"])),
            .post(configMaps, configMap("b", labels: ["tier": "y"])),
            .delete("\(configMaps)?labelSelector=tier%3Dx"), .get("\(configMaps)/a", 404), .get("\(configMaps)/b")),
    ]
}
