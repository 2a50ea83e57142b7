import Basics
import YAMLTree

/// Discovery in one document, and the schemas that `kubectl` validates by.
extension FakeAPI {
    /// `/api` or `/apis` for clients that ask for `APIGroupDiscoveryList`.
    func aggregatedDiscovery(isCore: Bool) -> KubeAnswer {
        let groups = catalogue.groups.filter { $0.name.isEmpty == isCore }
        let items = groups.map { group -> JSONValue in
            [
                "metadata": group.name.isEmpty ? .object([]) : ["name": .string(group.name)],
                "versions": .array(
                    group.versions.map { version in
                        let types = catalogue.types.filter { $0.group == group.name && $0.version == version }
                        return [
                            "version": .string(version), "resources": .array(types.map(discovered)),
                            "freshness": "Current",
                        ]
                    }),
            ]
        }
        let document: JSONValue = [
            "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": .object([]),
            "items": .array(items),
        ]
        return KubeAnswer(
            200,
            .bytes(
                Array(document.text.utf8),
                contentType: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"))
    }

    private func discovered(_ type: ResourceType) -> JSONValue {
        func kind(_ name: String) -> JSONValue { ["group": "", "version": "", "kind": .string(name)] }
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return .object(present: [
            "resource": .string(type.plural), "responseKind": kind(type.kind),
            "scope": type.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(type.singular),
            "verbs": texts(type.verbs), "shortNames": type.shortNames.isEmpty ? nil : texts(type.shortNames),
            "categories": type.categories.isEmpty ? nil : texts(type.categories),
            "subresources": type.subresources.isEmpty
                ? nil
                : .array(
                    type.subresources.map { name in
                        [
                            "subresource": .string(name), "responseKind": kind(Self.kind(of: name, in: type)),
                            "verbs": texts(Self.verbs(of: name)),
                        ]
                    }),
        ])
    }

    /// `/openapi/v3` and what it points to: recorded, not made from the catalogue.
    func openAPI(_ path: ArraySlice<String>) -> KubeAnswer? {
        guard !path.isEmpty else {
            let paths = Self.schemas.map { schema in
                JSONValue.Member(
                    schema.path, ["serverRelativeURL": .string("/openapi/v3/\(schema.path)?hash=\(schema.file)")])
            }
            return KubeAnswer(200, .object(["paths": .object(paths)]))
        }
        guard let schema = Self.schemas.first(where: { $0.path == path.joined(separator: "/") }),
            let bytes = try? Recordings.bytes("openapi.v3.\(schema.file).json.gz")
        else { return nil }
        var answer = KubeAnswer(200, .bytes(bytes, contentType: "application/json"))
        answer.isCompressed = true
        return answer
    }

    private static let schemas = [
        (path: "api/v1", file: "core-v1"), (path: "apis/batch/v1", file: "batch-v1"),
        (path: "apis/apps/v1", file: "apps-v1"),
    ]
}
