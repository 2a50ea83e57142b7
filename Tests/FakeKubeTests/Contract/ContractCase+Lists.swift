import Basics
import YAMLTree

extension ContractCase {
    private static func named(_ names: String...) -> JSONValue {
        ["items": .array(names.map { ["metadata": ["name": .string($0)]] })]
    }

    private static let three: [Step] = [
        .post(configMaps, configMap("a", labels: ["tier": "x", "only": "a"])),
        .post(configMaps, configMap("b", labels: ["tier": "y"])),
        .post(configMaps, configMap("c")),
    ]

    static let lists = [
        listed(
            "a list comes in pages of one version",
            .call(
                "GET", "\(configMaps)?limit=2", nil, 200,
                [
                    "kind": "ConfigMapList", "apiVersion": "v1",
                    "metadata": ["continue": "*", "remainingItemCount": 1, "resourceVersion": "*"],
                    "items": [["metadata": ["name": "a"], "kind": .null], ["metadata": ["name": "b"]]],
                ], saves: ["next": "metadata.continue", "version": "metadata.resourceVersion"]),
            .post(configMaps, configMap("d")), .delete("\(configMaps)/c"),
            .get(
                "\(configMaps)?limit=2&continue={next}", 200,
                [
                    "metadata": ["continue": .null, "remainingItemCount": .null, "resourceVersion": "{version}"],
                    "items": [["metadata": ["name": "c"]]],
                ]),
            .get("\(configMaps)?resourceVersion={version}&resourceVersionMatch=Exact", 200, named("a", "b", "c")),
            .get(
                "\(configMaps)?continue=nonsense", 400,
                ["reason": "BadRequest", "message": "invalid continue token: continue key is not valid:…"])
        ),
        listed(
            "labels select",
            .get("\(configMaps)?labelSelector=tier%3Dx", 200, named("a")),
            .get("\(configMaps)?labelSelector=tier!%3Dx", 200, named("b", "c")),
            .get("\(configMaps)?labelSelector=tier%20in%20(x,y)", 200, named("a", "b")),
            .get("\(configMaps)?labelSelector=tier%20notin%20(x)", 200, named("b", "c")),
            .get("\(configMaps)?labelSelector=tier,!only", 200, named("b")),
            .get("\(configMaps)?labelSelector=!tier", 200, named("c")),
            .get("\(configMaps)?labelSelector=%3D%3D", 400, ["reason": "BadRequest"])),
        listed(
            "fields select",
            .get("\(configMaps)?fieldSelector=metadata.name%3Db", 200, named("b")),
            .get("\(configMaps)?fieldSelector=metadata.name!%3Db,metadata.namespace%3D{ns}", 200, named("a", "c")),
            .get(
                "\(configMaps)?fieldSelector=data.k%3Db", 400,
                [
                    "reason": "BadRequest",
                    "message": .string(
                        "\"data.k\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
                ])),
        ContractCase(
            "pods are selected by phase, policy and node",
            .post(pods, pod("a", ["restartPolicy": "Never", "nodeName": "one"])),
            .post(pods, pod("b", ["restartPolicy": "Always"])),
            .merge("\(pods)/a/status", ["status": ["phase": "Running"]]),
            .get("\(pods)?fieldSelector=status.phase%3DRunning", 200, named("a")),
            .get("\(pods)?fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed", 200, named("a", "b")),
            .get("\(pods)?fieldSelector=spec.restartPolicy!%3DAlways", 200, named("a")),
            .get("\(pods)?fieldSelector=spec.nodeName%3D", 200, named("b")),
            .get("\(pods)?fieldSelector=spec.nodeName%3Done", 200, named("a"))),
        listed(
            "versions are checked",
            .get("\(configMaps)?resourceVersion=nonsense", 400, ["reason": "BadRequest"]),
            .get("\(configMaps)?resourceVersion=0", 200),
            .get("\(configMaps)?resourceVersionMatch=Exact", 422, ["reason": "Invalid"]),
            .get(
                "\(configMaps)?resourceVersion=999999999", 504,
                [
                    "reason": "Timeout", "message": "Timeout: Too large resource version: 999999999, current: …",
                    "details": [
                        "causes": [
                            ["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]
                        ], "retryAfterSeconds": 1,
                    ],
                ])),
    ]

    private static func listed(_ name: String, _ steps: Step...) -> ContractCase {
        var story = ContractCase(name)
        story.steps = three + steps
        return story
    }
}
