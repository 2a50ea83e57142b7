internal import Conversion
internal import KubeModel
internal import PodRules
package import YAMLTree

/// A Flyte sidecar task: its pod as Flyte makes it from the task and the pod spec.
package struct FlyteTask: Sendable {
    /// Helpers that end before main starts: ordinary init containers.
    package var oneShots: Set<String> = []
    /// Helpers that run on, whatever their command looks like.
    package var sidecars: Set<String> = []
    package var cluster = FlyteCluster()

    private static let defaultPrimary = "primary"

    package init() {}

    /// Throws with everything that is wrong.
    package func pod(_ document: YAMLNode) throws(InputError) -> GeneratedPod {
        var reader = FieldReader(document)
        let name = reader.text("name").map { $0.lowercased().replacing("_", with: "-").replacing(".", with: "-") }
        let primary = reader.text("primary_container_name") ?? Self.defaultPrimary
        if let problem = ObjectName.problem(primary) { reader.report(nil, at: "primary_container_name", problem) }
        let definition = FlyteDefinition(&reader)
        let retries = reader.integer("retries", in: 0...Int(Int32.max))
        let timeout = reader.seconds("timeout")
        let isInterruptible = reader.boolean("interruptible") ?? false
        let labels = Self.merged(cluster.labels, reader.pairs("labels"))
        var annotations = Self.merged(cluster.annotations, reader.pairs("annotations"))
        annotations.append(.init(WellKnownNames.Annotation.flytePrimaryContainer, .text(primary)))
        let specNode = reader.node("pod_spec")
        reader.reportUnknown()
        var spec = specNode.map { ProtobufShape.flattened(ManifestValue($0)) } ?? .map([])
        if let specNode, specNode.mapping == nil { reader.report(specNode, at: "pod_spec", "expected a mapping") }
        var diagnostics: [Diagnostic] = []
        var containers = spec["containers"]?.elements ?? []
        check(containers, primary, &reader)
        if !containers.contains(where: { $0["name"]?.scalar == primary }) {
            containers.append(["name": .text(primary)])
            diagnostics.append(
                Diagnostic(rule: .primaryCreated, line: specNode?.mark.line ?? 1, message: "\(primary) was created"))
        }
        if let index = containers.firstIndex(where: { $0["name"]?.scalar == primary }) {
            let line = specNode?["containers"]?[index]?.mark.line ?? 1
            let (container, lost) = definition.applied(to: containers[index])
            containers[index] = container
            diagnostics += lost.map {
                Diagnostic(rule: .overridden, line: line, message: "\(primary) loses \($0)")
            }
            if container["image"] == nil {
                reader.report(nil, at: "image", "is missing; the task's image runs in \(primary)")
            }
        }
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
        spec["containers"] = .list(containers)
        cluster.apply(to: &spec, primary: primary, isInterruptible: isInterruptible)
        let running = split(&spec, primary, specNode, &diagnostics)
        return GeneratedPod(
            name: name, labels: labels, annotations: annotations, spec: spec, sidecars: running, retries: retries,
            timeout: timeout, diagnostics: diagnostics)
    }

    /// The task's own come over those of the cluster.
    private static func merged(
        _ fields: [ManifestValue.Field], _ pairs: [YAMLMapping.Pair]
    ) -> [ManifestValue.Field] {
        var all = ManifestValue.map(fields)
        for pair in pairs { all[pair.key] = .text(pair.value.text ?? "") }
        return all.fields
    }

    private func check(_ containers: [ManifestValue], _ primary: String, _ reader: inout FieldReader) {
        var names: Set<String> = []
        for (index, container) in containers.enumerated() {
            let place = "pod_spec.containers[\(index)]"
            guard let name = container["name"]?.scalar else {
                reader.report(nil, at: place, "expected a mapping with a name")
                continue
            }
            if !names.insert(name).inserted { reader.report(nil, at: place, "the name \(name) is taken already") }
            if name != primary, container["image"]?.scalar == nil {
                reader.report(nil, at: "\(place).image", "is missing; only \(primary) gets the task's")
            }
        }
        for name in oneShots.union(sidecars).sorted() where !names.contains(name) || name == primary {
            let known = names.subtracting([primary]).sorted().joined(separator: ", ")
            reader.report(nil, at: "pod_spec.containers", "there is no helper \(name); there are \(known)")
        }
    }

    /// Puts each container where it belongs, and returns the names of those that run on.
    private func split(
        _ spec: inout ManifestValue, _ primary: String, _ node: YAMLNode?, _ diagnostics: inout [Diagnostic]
    ) -> Set<String> {
        var running: Set<String> = []
        var side: [ManifestValue] = []
        var before = spec["initContainers"]?.elements ?? []
        for container in spec["containers"]?.elements ?? [] {
            let name = container["name"]?.scalar ?? ""
            let words = ["command", "args"].flatMap { container[$0]?.elements ?? [] }.compactMap(\.scalar)
            if oneShots.contains(name) {
                before.append(container)
                continue
            }
            side.append(container)
            guard name != primary else { continue }
            if sidecars.contains(name) || !ProgramLife.endsByItself(words) {
                running.insert(name)
            } else {
                let line = node?["containers"]?.sequence?.first { $0["name"]?.text == name }?.mark.line ?? 1
                diagnostics.append(
                    Diagnostic(
                        rule: .oneShot, line: line,
                        message: "\(name) ends by itself and stays a container; --one-shot \(name) runs it before main")
                )
            }
        }
        if !before.isEmpty { spec["initContainers"] = .list(before) }
        spec["containers"] = .list(side)
        return running
    }
}

/// Pod specs as Kubernetes' protobuf messages nest them, and as its JSON does.
private enum ProtobufShape {
    /// Messages that JSON writes into the one around them.
    private static let embedded: Set<String> = [
        "volumeSource", "handler", "localObjectReference", "persistentVolumeSource",
    ]

    static func flattened(_ value: ManifestValue) -> ManifestValue {
        switch value {
        case .text, .plain: value
        case .list(let elements): .list(elements.map(flattened))
        case .map(let fields): wrapped(fields) ?? .map(fields.flatMap(flattened))
        }
    }

    private static func flattened(_ field: ManifestValue.Field) -> [ManifestValue.Field] {
        let value = flattened(field.value)
        if embedded.contains(field.name), case .map(let fields) = value { return fields }
        return [.init(field.name, value)]
    }

    /// A quantity (`{string: 1Gi}`) or a number or name (`{type: 0, intVal: 80}`).
    private static func wrapped(_ fields: [ManifestValue.Field]) -> ManifestValue? {
        let names = Set(fields.map(\.name))
        if names == ["string"], let value = fields.first?.value, value.scalar != nil { return value }
        guard names.contains("type"), names.contains("intVal") || names.contains("strVal"),
            names.isSubset(of: ["type", "intVal", "strVal"])
        else { return nil }
        let isText = fields.contains { $0.name == "type" && $0.value.scalar == "1" } || !names.contains("intVal")
        return fields.first { $0.name == (isText ? "strVal" : "intVal") }?.value
    }
}

/// What a task says about its own container, in the SDK's keywords.
private struct FlyteDefinition {
    private let image: String?
    private let command: [String]?
    private let args: [String]?
    private let environment: [(name: String, value: String)]
    private let resources: ManifestValue?

    private static let kinds = [
        ("cpu", "cpu"), ("memory", "memory"), ("mem", "memory"), ("gpu", "nvidia.com/gpu"),
        ("storage", "ephemeral-storage"), ("ephemeral_storage", "ephemeral-storage"),
    ]

    init(_ reader: inout FieldReader) {
        image = reader.text("image") ?? reader.text("container_image")
        command = reader.texts("command")
        args = reader.texts("args")
        environment = reader.pairs("environment").map { ($0.key, $0.value.text ?? "") }
        resources = Self.resources(&reader)
    }

    /// `cpu_request`, `memory_limit` …, or `requests` and `limits`, also below `resources`.
    private static func resources(_ reader: inout FieldReader) -> ManifestValue? {
        var amounts: [(group: String, fields: [ManifestValue.Field])] = []
        let nested = reader.node("resources")
        var inner = nested.map { FieldReader($0, path: reader.path(to: "resources")) }
        for (group, suffix) in [("requests", "request"), ("limits", "limit")] {
            var fields: [ManifestValue.Field] = []
            let pairs = reader.pairs(group) + (inner?.pairs(group) ?? [])
            for pair in pairs {
                fields.append(.init(kinds.first { $0.0 == pair.key }?.1 ?? pair.key, .text(pair.value.text ?? "0")))
            }
            for (keyword, resource) in kinds {
                if let amount = reader.text("\(keyword)_\(suffix)") { fields.append(.init(resource, .text(amount))) }
            }
            if !fields.isEmpty { amounts.append((group, fields)) }
        }
        inner?.reportUnknown()
        reader.add(inner?.problems ?? [])
        return amounts.isEmpty ? nil : .map(amounts.map { .init($0.group, .map($0.fields)) })
    }

    /// The primary container as Flyte's SDK leaves it, and what is lost in it. Resources replace the container's only if
    /// the task names any; the container's variables come behind the task's, and so over those of the same name.
    func applied(to container: ManifestValue) -> (ManifestValue, lost: [String]) {
        var result = container
        var lost: [String] = []
        func set(_ name: String, _ value: ManifestValue?) {
            guard let value else { return }
            if let old = container[name], old != value { lost.append("\(name) of the container: the task's counts") }
            result[name] = value
        }
        set("image", image.map { .text($0) })
        // A task runs its own program: of another's command nothing stays.
        let runs = command != nil || args != nil
        set("command", command.map { .texts($0) } ?? (runs && container["command"] != nil ? .list([]) : nil))
        set("args", args.map { .texts($0) } ?? (runs && container["args"] != nil ? .list([]) : nil))
        for name in ["command", "args"] where result[name] == .list([]) { result[name] = nil }
        set("resources", resources)
        guard !environment.isEmpty else { return (result, lost) }
        let existing = container["env"]?.elements ?? []
        let own = Set(existing.compactMap { $0["name"]?.scalar })
        lost += environment.filter { own.contains($0.name) }.map { "\($0.name) of the task: the container's counts" }
        let first = environment.filter { !own.contains($0.name) }
        result["env"] = .list(first.map { ["name": .text($0.name), "value": .text($0.value)] } + existing)
        return (result, lost)
    }
}
