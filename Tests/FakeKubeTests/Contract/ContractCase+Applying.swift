import Basics
import YAMLTree

extension ContractCase {
    static let applying = [
        ContractCase(
            "applying creates, changes and takes back",
            .apply("\(configMaps)/a", configMap("a", ["one": "1", "two": "2"]), manager: "first", 201),
            .apply(
                "\(configMaps)/a", configMap("a", ["one": "9"]), manager: "first", 200,
                ["data": ["one": "9", "two": .null]])),
        ContractCase(
            "what another manager owns is a conflict, unless forced",
            .apply("\(configMaps)/a", configMap("a", ["one": "1"]), manager: "first", 201),
            .apply(
                "\(configMaps)/a", configMap("a", ["one": "2"]), manager: "second", 409,
                [
                    "reason": "Conflict",
                    "message": "Apply failed with 1 conflict: conflict with \"first\": .data.one",
                    "details": [
                        "causes": [
                            [
                                "reason": "FieldManagerConflict", "message": "conflict with \"first\"",
                                "field": ".data.one",
                            ]
                        ]
                    ],
                ]),
            .apply("\(configMaps)/a", configMap("a", ["one": "1"]), manager: "second"),
            .apply("\(configMaps)/a", configMap("a", ["one": "1"]), manager: "first"),
            .apply(
                "\(configMaps)/a", configMap("a", ["two": "2"]), manager: "third", force: true, 200,
                [
                    "data": ["one": "1", "two": "2"]
                ]),
            .apply(
                "\(configMaps)/a", configMap("a", ["one": "3"]), manager: "third", force: true, 200,
                [
                    "data": ["one": "3", "two": .null]
                ])),
        ContractCase(
            "applied lists merge by their keys",
            .post(pods, pod("a")),
            .apply(
                "\(pods)/a/status",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "a"],
                    "status": ["conditions": [["type": "SidecarTerminated", "status": "True"]]],
                ], manager: "terminator", 200,
                ["status": ["conditions": [["type": "SidecarTerminated", "status": "True"]]]]),
            .apply(
                "\(pods)/a/status",
                [
                    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "a"],
                    "status": ["conditions": [["type": "Other", "status": "False"]]],
                ], manager: "other", 200,
                [
                    "status": [
                        "conditions": [
                            ["type": "SidecarTerminated", "status": "True"], ["type": "Other", "status": "False"],
                        ]
                    ]
                ])),
        ContractCase(
            "applying needs a manager",
            .call(
                "PATCH", "\(configMaps)/a", configMap("a"), type: "application/apply-patch+yaml", 422,
                ["reason": "Invalid"])),
    ]
}
