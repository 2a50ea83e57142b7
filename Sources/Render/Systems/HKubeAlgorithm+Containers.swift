internal import Conversion
internal import YAMLTree

extension HKubeAlgorithm {
    func main(
        _ name: String?, _ mounts: [ManifestValue], _ annotations: inout [ManifestValue.Field],
        _ reader: inout FieldReader, _ document: YAMLNode, _ diagnostics: inout [Diagnostic]
    ) -> ManifestValue {
        // Its documentation shows sideCars alone; nothing is made up around them.
        let isAlgorithm = ["name", "algorithmImage", "cpu", "mem", "gpu"].contains { document[$0] != nil }
        let image = image ?? reader.text("algorithmImage")
        if image == nil {
            diagnostics.append(
                Diagnostic(
                    rule: .noImage, line: document.mark.line,
                    message: "\(Self.main) has no image: give algorithmImage or --image"))
        }
        let amounts = isAlgorithm ? amounts.main(&reader) : nil
        if let gpus = amounts?.gpus { annotations.append(.init("nvidia.com/gpu", .text(String(gpus)))) }
        var variables = NamedElements()
        func set(_ name: String, _ value: String?) {
            if let value { variables.put(["name": .text(name), "value": .text(value)]) }
        }
        set("ALGORITHM_TYPE", name)
        variables.put(environment: reader.pairs("algorithmEnv"))
        if reader.text("env") == "java" { set("JAVA_DERIVED_MEMORY", amounts.map { String($0.javaHeap) }) }
        set("ALGORITHM_ENTRY_POINT", reader.text("entryPoint"))
        set("DISCOVERY_MAX_CACHE_SIZE", amounts.map { String($0.cache) })
        var all = NamedElements(mounts)
        for mount in reader.list("volumeMounts") {
            mounted(ManifestValue(mount), in: Self.main, mount, &all, &diagnostics)
        }
        return .map(present: [
            "name": .text(Self.main), "image": image.map { .text($0) }, "env": variables.value,
            "resources": amounts?.resources, "volumeMounts": all.value,
        ])
    }

    func sideCar(
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
        let (amounts, lost) = amounts.completed(container["resources"], defaults: resources)
        if amounts != container["resources"] {
            container["resources"] = amounts
            diagnostics.append(
                Diagnostic(
                    rule: .defaultResources, line: containerNode.mark.line, message: "\(name) got the default resources"
                ))
        }
        diagnostics += lost.map {
            Diagnostic(
                rule: .overridden, line: containerNode.mark.line,
                message: "\($0) of \(name) is lost: HKube passes on cpu and memory alone")
        }
        var variables = NamedElements(container["env"]?.elements ?? [])
        variables.put(environment: inner.pairs("environments"))
        container["env"] = variables.value
        volumes.add(inner.list("volumes"), path: "\(path).volumes", &inner)
        var mounts = NamedElements(container["volumeMounts"]?.elements ?? [])
        for mount in inner.list("volumeMounts") {
            mounted(ManifestValue(mount), in: name, mount, &mounts, &diagnostics)
        }
        container["volumeMounts"] = mounts.value
        inner.reportUnknown()
        return container
    }

    private func mounted(
        _ mount: ManifestValue, in container: String, _ node: YAMLNode, _ mounts: inout NamedElements,
        _ diagnostics: inout [Diagnostic]
    ) {
        guard let old = mounts.put(mount), old != mount else { return }
        let what = "\(container)'s mount of \(mount["name"]?.scalar ?? "") at \(old["mountPath"]?.scalar ?? "")"
        diagnostics.append(
            Diagnostic(
                rule: .overridden, line: node.mark.line,
                message: "\(what) is lost: HKube mounts a volume once a container"))
    }
}

/// A list as HKube's client adds to it: what has the name of an element takes its place.
private struct NamedElements {
    private var elements: [ManifestValue]

    init(_ elements: [ManifestValue] = []) { self.elements = elements }

    /// `nil` where there is nothing.
    var value: ManifestValue? { elements.isEmpty ? nil : .list(elements) }

    /// - Returns: what had its place.
    @discardableResult
    mutating func put(_ element: ManifestValue) -> ManifestValue? {
        guard let index = elements.firstIndex(where: { $0["name"]?.scalar == element["name"]?.scalar }) else {
            elements.append(element)
            return nil
        }
        defer { elements[index] = element }
        return elements[index]
    }

    /// Values are texts; a mapping says where one comes from.
    mutating func put(environment pairs: [YAMLMapping.Pair]) {
        for pair in pairs {
            put(
                pair.value.mapping != nil
                    ? ["name": .text(pair.key), "valueFrom": ManifestValue(pair.value)]
                    : ["name": .text(pair.key), "value": .text(pair.value.text ?? "")])
        }
    }
}
