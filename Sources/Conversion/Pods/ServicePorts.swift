import YAMLTree

/// The Services of a stream or a folder: which container of a pod they lead to. Who owns that port is hardly a helper.
package struct ServicePorts: Sendable, Equatable {
    private struct Service: Equatable {
        let name: String
        let namespace: String?
        let selector: [String: String]
        /// Numbers and names, as a Service has them.
        let targets: [String]
    }

    private var services: [Service] = []
    /// By one of the labels that they select, so that not every pod is compared with each of them.
    private var places: [Label: [Int]] = [:]

    private struct Label: Hashable {
        let name: String
        let value: String
    }

    package init() {}

    /// Adds those of a stream. One that cannot be read has none; its conversion says why.
    package mutating func add(_ bytes: [UInt8]) {
        guard var reader = try? SourceReader(bytes, limits: StreamConverter.limits) else { return }
        while let document = try? reader.document() { add(document.root, depth: 0) }
    }

    private mutating func add(_ object: SourceNode, depth: Int, in list: String = "") {
        // What the API server lists says its kind once.
        guard let kind = object["kind"]?.text ?? (list == "ServiceList" ? "Service" : nil), depth < 16 else { return }
        if kind.hasSuffix("List") {
            // An alias repeats one that is there.
            for item in object["items"]?.elements ?? [] where !item.isAlias { add(item, depth: depth + 1, in: kind) }
        }
        guard kind == "Service", object["apiVersion"]?.text ?? "v1" == "v1",
            let selector = object.at("spec", "selector")?.pairs, !selector.isEmpty
        else { return }
        let wanted = selector.map { Label(name: $0.name, value: $0.value.text ?? "") }
        places[wanted[0], default: []].append(services.count)
        services.append(
            Service(
                name: object.at("metadata", "name")?.text ?? "",
                namespace: object.at("metadata", "namespace")?.text,
                selector: Dictionary(wanted.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                targets: (object.at("spec", "ports")?.elements ?? []).compactMap {
                    ($0["targetPort"] ?? $0["port"])?.text
                }))
    }

    /// The Service that leads to one of these ports of a pod with these labels.
    func service(to ports: [String], of pod: ManifestPod) -> String? {
        let labels = pod.place.metadata?["labels"]
        let namespace = pod.place.object.at("metadata", "namespace")?.text
        // Those that a merge key brings are not listed.
        let isWhole = labels?.tree.hasMergeKeys != true
        let found = (labels?.pairs ?? []).flatMap { places[Label(name: $0.name, value: $0.value.text ?? "")] ?? [] }
        return (isWhole ? found.sorted() : Array(services.indices)).lazy.map { services[$0] }.first { service in
            (service.namespace == nil || namespace == nil || service.namespace == namespace)
                && service.selector.allSatisfy { labels?[$0.key]?.text == $0.value }
                && service.targets.contains { ports.contains($0) }
        }?.name
    }
}
