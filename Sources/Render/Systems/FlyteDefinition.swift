import YAMLTree

/// What a task says about its own container, in the SDK's keywords.
struct FlyteDefinition {
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
