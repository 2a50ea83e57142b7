internal import Conversion
package import YAMLTree

/// An HKube algorithm: its pod as HKube's task executor would make it, as far as the algorithm's document says.
package struct HKubeAlgorithm: Sendable {
    /// HKube's name for the main container.
    static let main = "algorunner"
    /// Of the other containers and the volumes that HKube's own template of a worker has (task-executor, `templates/worker.js`).
    private static let containers: Set = [main, "worker"]
    private static let volumes: Set = ["varlog", "varlibdockercontainers", "algometrics"]
    /// HKube's own `config.resources.sideCar`.
    package static let defaultResources: ManifestValue = ["cpu": "100m", "memory": "128Mi"]

    /// Instead of the document's `algorithmImage`.
    package var image: String?
    /// Requests and limits of sidecars that name none; `nil` leaves them without.
    package var resources: ManifestValue? = HKubeAlgorithm.defaultResources

    package init() {}

    /// Throws with everything that is wrong.
    package func pod(_ document: YAMLNode) throws(InputError) -> GeneratedPod {
        var reader = FieldReader(document)
        var diagnostics: [Diagnostic] = []
        let name = reader.text("name")
        var volumes = VolumeList()
        volumes.add(reader.list("volumes"), path: "volumes", &reader)
        let main = main(&reader, document, &diagnostics)
        var containers = [main]
        var names: Set = [Self.main]
        for (index, node) in reader.list("sideCars").enumerated() {
            guard let container = sideCar(node, path: "sideCars[\(index)]", &volumes, &reader, &diagnostics) else {
                continue
            }
            let name = container["name"]?.scalar ?? ""
            if !name.isEmpty, !names.insert(name).inserted || Self.containers.contains(name) {
                let why =
                    Self.containers.contains(name)
                    ? "a container of HKube's is called that" : "container names must be unique"
                reader.report(node, at: "sideCars[\(index)].container.name", "\(name) is taken already: \(why)")
            }
            containers.append(container)
        }
        if containers.count == 1, reader.problems.isEmpty, document["sideCars"] == nil {
            reader.report(nil, at: "sideCars", "is missing; an algorithm without sidecars needs nothing from here")
        }
        volumes.checkMounts(of: containers, &reader)
        for name in volumes.list.compactMap({ $0["name"]?.scalar }) where Self.volumes.contains(name) {
            reader.report(nil, at: "volumes", "\(name) is a volume of HKube's own; give yours another name")
        }
        let affinity = affinity(&reader)
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
        var spec: ManifestValue = ["restartPolicy": "Never", "containers": .list(containers)]
        if !volumes.list.isEmpty { spec["volumes"] = .list(volumes.list) }
        if let affinity { spec["affinity"] = affinity }
        return GeneratedPod(
            name: name, spec: spec, sidecars: names.subtracting([Self.main]), retries: nil, timeout: nil,
            diagnostics: diagnostics)
    }

    /// HKube makes a node affinity of an algorithm's `nodeSelector`: all of it has to hold.
    private func affinity(_ reader: inout FieldReader) -> ManifestValue? {
        var expressions: [ManifestValue] = []
        for pair in reader.pairs("nodeSelector") {
            guard let value = pair.value.text else {
                reader.report(pair.value, at: "nodeSelector.\(pair.key)", "expected a label's value, a text")
                continue
            }
            expressions.append(["key": .text(pair.key), "operator": "In", "values": .list([.text(value)])])
        }
        guard !expressions.isEmpty else { return nil }
        let terms: ManifestValue = ["nodeSelectorTerms": .list([["matchExpressions": .list(expressions)]])]
        return ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": terms]]
    }

    private func main(
        _ reader: inout FieldReader, _ document: YAMLNode, _ diagnostics: inout [Diagnostic]
    ) -> ManifestValue {
        let image = image ?? reader.text("algorithmImage")
        if image == nil {
            diagnostics.append(
                Diagnostic(
                    rule: .noImage, line: document.mark.line,
                    message: "\(Self.main) has no image: give algorithmImage or --image"))
        }
        let amounts = [("cpu", "cpu"), ("mem", "memory"), ("gpu", "nvidia.com/gpu")].compactMap { field, resource in
            reader.manifest(field).flatMap { $0.scalar == "0" ? nil : ManifestValue.Field(resource, $0) }
        }
        let resources: ManifestValue? = amounts.isEmpty ? nil : ["requests": .map(amounts), "limits": .map(amounts)]
        let variables = environment(reader.pairs("algorithmEnv"), over: nil)
        let mounts = reader.manifest("volumeMounts")
        return .map(present: [
            "name": .text(Self.main), "image": image.map { .text($0) }, "env": variables, "resources": resources,
            "volumeMounts": mounts,
        ])
    }

    private func sideCar(
        _ node: YAMLNode, path: String, _ volumes: inout VolumeList, _ reader: inout FieldReader,
        _ diagnostics: inout [Diagnostic]
    ) -> ManifestValue? {
        var inner = FieldReader(node, path: path)
        defer { reader.add(inner.problems) }
        _ = inner.text("name")
        guard let containerNode = inner.node("container") else {
            if node.mapping != nil { inner.report(node, at: "container", "is missing; give its name and image") }
            return nil
        }
        var fields = FieldReader(containerNode, path: "\(path).container")
        let name = fields.required("name", "each sidecar needs a container name of its own")
        if !name.isEmpty, let problem = ObjectName.problem(name) { fields.report(containerNode, at: "name", problem) }
        _ = fields.required("image", "give the sidecar's image")
        inner.add(fields.problems)
        var container = ManifestValue(containerNode)
        if container["resources"] == nil, let resources {
            container["resources"] = ["requests": resources, "limits": resources]
            diagnostics.append(
                Diagnostic(
                    rule: .defaultResources, line: containerNode.mark.line, message: "\(name) got the default resources"
                ))
        }
        if let variables = environment(inner.pairs("environments"), over: container["env"]) {
            container["env"] = variables
        }
        volumes.add(inner.list("volumes"), path: "\(path).volumes", &inner)
        let mounts = inner.list("volumeMounts").map { ManifestValue($0) }
        if !mounts.isEmpty { container["volumeMounts"] = .list((container["volumeMounts"]?.elements ?? []) + mounts) }
        inner.reportUnknown()
        return container
    }

    /// Values are texts; a mapping says where one comes from. They go over variables of the same name.
    private func environment(_ pairs: [YAMLMapping.Pair], over existing: ManifestValue?) -> ManifestValue? {
        guard !pairs.isEmpty else { return existing }
        let names = Set(pairs.map(\.key))
        let kept = (existing?.elements ?? []).filter { !names.contains($0["name"]?.scalar ?? "") }
        return .list(
            kept
                + pairs.map { pair in
                    pair.value.mapping != nil
                        ? ["name": .text(pair.key), "valueFrom": ManifestValue(pair.value)]
                        : ["name": .text(pair.key), "value": .text(pair.value.text ?? "")]
                })
    }
}
