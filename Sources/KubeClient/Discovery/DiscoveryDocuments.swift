internal import KubeModel
internal import YAMLTree

/// Reads what the server says of itself.
enum DiscoveryDocuments {
    struct Malformed: Error {
        var reason: String
    }

    static func version(_ body: [UInt8]) throws(Malformed) -> ServerVersion {
        let root = try object(body)
        guard
            let version = ServerVersion(
                major: root["major"]?.text ?? "", minor: root["minor"]?.text ?? "",
                text: root["gitVersion"]?.text ?? "")
        else { throw Malformed(reason: "the server does not say its version") }
        return version
    }

    /// `/api` and `/apis`: what is served, as `v1` and `batch/v1`.
    static func groupVersions(_ body: [UInt8]) throws(Malformed) -> [String] {
        let root = try object(body)
        let core = root["versions"]?.sequence?.compactMap(\.text) ?? []
        let named = (root["groups"]?.sequence ?? []).flatMap { group in
            (group["versions"]?.sequence ?? []).compactMap { $0["groupVersion"]?.text }
        }
        return core + named
    }

    /// `/api/v1` and `/apis/G/V`.
    static func resources(_ body: [UInt8], group: String, version: String) throws(Malformed) -> [ServedResource] {
        var resources: [String: ServedResource] = [:]
        var order: [String] = []
        var subresources: [(String, String)] = []
        for entry in try object(body)["resources"]?.sequence ?? [] {
            guard let name = entry["name"]?.text else { continue }
            let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 1 else {
                subresources.append((parts[0], parts[1]))
                continue
            }
            order.append(name)
            resources[name] = ServedResource(
                resource: APIResource(
                    group: group, version: version, plural: name, kind: entry["kind"]?.text ?? "",
                    isNamespaced: entry["namespaced"]?.text == "true"),
                verbs: Set((entry["verbs"]?.sequence ?? []).compactMap(\.text)),
                shortNames: (entry["shortNames"]?.sequence ?? []).compactMap(\.text))
        }
        for (name, subresource) in subresources { resources[name]?.subresources.insert(subresource) }
        return order.compactMap { resources[$0] }
    }

    private static func object(_ body: [UInt8]) throws(Malformed) -> YAMLNode {
        guard let root = try? YAMLNode(parsing: body), root.mapping != nil else {
            throw Malformed(reason: "the answer is not a JSON object")
        }
        return root
    }
}
