import Basics
import YAMLTree

/// What the server tells about itself.
extension FakeAPI {
    func document(_ path: [String], _ request: KubeRequest, _ user: FakeUser) throws(StatusError) -> KubeAnswer {
        guard request.method == "GET" || request.method == "HEAD" else { throw .methodNotAllowed() }
        if path.count == 1, path[0] == "api" || path[0] == "apis", try Acceptance(request).view == .discovery {
            return aggregatedDiscovery(isCore: path[0] == "api")
        }
        if path.starts(with: ["openapi", "v3"]), let answer = openAPI(path.dropFirst(2)) { return answer }
        switch path {
        case ["version"]: return KubeAnswer(200, .object(version))
        case ["healthz"], ["livez"], ["readyz"]: return .text(200, "ok")
        case ["api"]:
            return KubeAnswer(
                200,
                .object([
                    "kind": "APIVersions", "versions": ["v1"],
                    "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1:6443"]],
                ]))
        case ["apis"]:
            return KubeAnswer(
                200,
                .object([
                    "kind": "APIGroupList", "apiVersion": "v1",
                    "groups": .array(catalogue.groups.filter { !$0.name.isEmpty }.map(group)),
                ]))
        default: break
        }
        if path.first == "apis", path.count == 2, let found = catalogue.groups.first(where: { $0.name == path[1] }) {
            var document = group(found)
            document = .object(
                [.init("kind", "APIGroup"), .init("apiVersion", "v1")] + (document.members ?? []))
            return KubeAnswer(200, .object(document))
        }
        if path.count == (path.first == "api" ? 2 : 3), path[0] == "api" || path[0] == "apis" {
            let types = catalogue.types.filter {
                $0.version == path.last && $0.group == (path[0] == "api" ? "" : path[1])
            }
            if let first = types.first { return KubeAnswer(200, .object(resources(types, of: first.apiVersion))) }
        }
        return .text(404, "404 page not found\n")
    }

    private var version: JSONValue {
        let numbers = options.version.dropFirst().split(separator: ".")
        return [
            "major": .string(String(numbers.first ?? "")), "minor": .string(String(numbers.dropFirst().first ?? "")),
            "gitVersion": .string(options.version), "gitCommit": "fake", "gitTreeState": "",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "swift", "platform": "linux/amd64",
        ]
    }

    private func group(_ group: (name: String, versions: [String])) -> JSONValue {
        let versions = group.versions.map { version -> JSONValue in
            ["groupVersion": .string("\(group.name)/\(version)"), "version": .string(version)]
        }
        return ["name": .string(group.name), "versions": .array(versions), "preferredVersion": versions[0]]
    }

    private func resources(_ types: [ResourceType], of apiVersion: String) -> JSONValue {
        let resources = types.flatMap { type -> [JSONValue] in
            let own = JSONValue.object(present: [
                "name": .string(type.plural), "singularName": .string(type.singular),
                "namespaced": .bool(type.isNamespaced), "kind": .string(type.kind),
                "verbs": .array(type.verbs.map(JSONValue.string)),
                "shortNames": type.shortNames.isEmpty ? nil : .array(type.shortNames.map(JSONValue.string)),
                "categories": type.categories.isEmpty ? nil : .array(type.categories.map(JSONValue.string)),
            ])
            return [own]
                + type.subresources.map { name -> JSONValue in
                    [
                        "name": .string("\(type.plural)/\(name)"), "singularName": "",
                        "namespaced": .bool(type.isNamespaced), "kind": .string(Self.kind(of: name, in: type)),
                        "verbs": .array(Self.verbs(of: name).map(JSONValue.string)),
                    ]
                }
        }
        return [
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(apiVersion),
            "resources": .array(resources),
        ]
    }

    static func kind(of subresource: String, in type: ResourceType) -> String {
        switch subresource {
        case "exec": "PodExecOptions"
        case "attach": "PodAttachOptions"
        case "portforward": "PodPortForwardOptions"
        case "proxy": "\(type.kind)ProxyOptions"
        case "eviction": "Eviction"
        case "binding": "Binding"
        case "scale": "Scale"
        case "token": "TokenRequest"
        default: type.kind
        }
    }

    static func verbs(of subresource: String) -> [String] {
        switch subresource {
        case "log": ["get"]
        case "exec", "attach", "portforward": ["create", "get"]
        case "proxy": ["create", "delete", "get", "patch", "update"]
        case "eviction", "binding", "token": ["create"]
        default: ["get", "patch", "update"]
        }
    }
}
