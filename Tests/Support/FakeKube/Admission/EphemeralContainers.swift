import Basics
import YAMLTree

/// What the subresource `ephemeralcontainers` lets be changed of a pod: containers may be added to that list, and nothing
/// else, not even taken away.
enum EphemeralContainers {
    private static let refused = ["ports", "resources", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"]

    /// `old` with what `wanted` adds to it.
    static func add(
        from wanted: JSONValue, to old: JSONValue, _ type: ResourceType, _ name: String
    ) throws(StatusError) -> JSONValue {
        let before = old[path: ["spec", "ephemeralContainers"]]?.array ?? []
        let after = (wanted[path: ["spec", "ephemeralContainers"]]?.array ?? []).map(Defaults.container)
            .map { container in
                var container = container
                container["resources"] = nil
                return container
            }
        var causes: [StatusError.Cause] = []
        var names = Set(
            ["containers", "initContainers"].flatMap { old[path: ["spec", $0]]?.array ?? [] }
                .compactMap { $0["name"]?.string })
        for known in before where !after.contains(where: { $0.isEquivalent(to: known) }) {
            causes.append(
                .init(
                    "FieldValueForbidden",
                    "Forbidden: existing ephemeral containers \"\(known["name"]?.string ?? "")\""
                        + " may not be changed", field: "spec.ephemeralContainers"))
        }
        for (index, container) in (wanted[path: ["spec", "ephemeralContainers"]]?.array ?? []).enumerated() {
            let place = "spec.ephemeralContainers[\(index)]"
            if !names.insert(container["name"]?.string ?? "").inserted {
                causes.append(.init("FieldValueDuplicate", "Duplicate value", field: "\(place).name"))
            }
            for field in refused where container[field] != nil {
                causes.append(
                    .init(
                        "FieldValueForbidden", "Forbidden: cannot be set for an Ephemeral Container",
                        field: "\(place).\(field)"))
            }
            for mount in container["volumeMounts"]?.array ?? [] where mount["subPath"] != nil {
                causes.append(
                    .init(
                        "FieldValueForbidden", "Forbidden: cannot be set for an Ephemeral Container",
                        field: "\(place).volumeMounts.subPath"))
            }
        }
        guard causes.isEmpty else { throw .invalid(type, name, causes) }
        var new = old
        for field in ["uid", "resourceVersion"] {
            new[path: ["metadata", field]] = wanted[path: ["metadata", field]]
        }
        new[path: ["spec", "ephemeralContainers"]] = .array(after)
        return new
    }

    /// The statuses of those that have none yet, where a script says how they go.
    static func run(_ pod: inout JSONValue, _ script: PodScript) {
        guard let state = script.ephemeral else { return }
        var statuses = pod[path: ["status", "ephemeralContainerStatuses"]]?.array ?? []
        for container in pod[path: ["spec", "ephemeralContainers"]]?.array ?? []
        where !statuses.contains(where: { $0["name"] == container["name"] }) {
            statuses.append([
                "name": container["name"] ?? "", "image": container["image"] ?? "", "imageID": "", "ready": false,
                "restartCount": 0, "state": state(container),
            ])
        }
        pod[path: ["status", "ephemeralContainerStatuses"]] = .array(statuses)
    }
}
