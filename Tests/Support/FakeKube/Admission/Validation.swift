import Basics
import YAMLTree

/// The few of a real server's checks that a client can run into.
enum Validation {
    static func check(_ object: JSONValue, _ type: ResourceType, _ name: String) throws(StatusError) {
        var causes: [StatusError.Cause] = []
        if let cause = nameCause(name, type) { causes.append(cause) }
        switch type.storage {
        case "pods": causes += podCauses(object["spec"] ?? .null, path: "spec")
        case "jobs.batch":
            causes += podCauses(object[path: ["spec", "template", "spec"]] ?? .null, path: "spec.template.spec")
            let policy = object.text(at: "spec.template.spec.restartPolicy") ?? ""
            if policy != "Never", policy != "OnFailure" {
                causes.append(
                    .init(
                        "FieldValueRequired", "Required value: valid values: \"OnFailure\", \"Never\"",
                        field: "spec.template.spec.restartPolicy"))
            }
        case "events": causes += EventViews.causes(object, type)
        default: break
        }
        guard causes.isEmpty else { throw .invalid(type, name, causes) }
    }

    private static func nameCause(_ name: String, _ type: ResourceType) -> StatusError.Cause? {
        // RBAC's names may hold almost anything.
        if type.group == "rbac.authorization.k8s.io" { return nil }
        guard
            name.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/) == nil
                || name.utf8.count > 253
        else { return nil }
        return .init(
            "FieldValueInvalid",
            "Invalid value: \"\(name)\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
                + " characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com',"
                + " regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            field: "metadata.name")
    }

    private static func podCauses(_ spec: JSONValue, path: String) -> [StatusError.Cause] {
        guard let containers = spec["containers"]?.array, !containers.isEmpty else {
            return [.init("FieldValueRequired", "Required value", field: "\(path).containers")]
        }
        var names: Set<String> = []
        var causes: [StatusError.Cause] = []
        for list in ["initContainers", "containers"] {
            for (index, container) in (spec[list]?.array ?? []).enumerated() {
                let place = "\(path).\(list)[\(index)]"
                let name = container["name"]?.string ?? ""
                if name.isEmpty {
                    causes.append(.init("FieldValueRequired", "Required value", field: "\(place).name"))
                } else if !names.insert(name).inserted {
                    causes.append(
                        .init("FieldValueDuplicate", "Duplicate value: \"\(name)\"", field: "\(place).name"))
                }
                if (container["image"]?.string ?? "").isEmpty {
                    causes.append(.init("FieldValueRequired", "Required value", field: "\(place).image"))
                }
            }
        }
        return causes
    }

    // MARK: Changes

    static func checkChange(
        from old: JSONValue, to new: JSONValue, _ type: ResourceType, _ name: String
    ) throws(StatusError) {
        if type.storage == "pods" { try checkPodChange(from: old, to: new, type, name) }
        if type.storage == "jobs.batch",
            !(new[path: ["spec", "template"]] ?? .null).isEquivalent(to: old[path: ["spec", "template"]] ?? .null)
        {
            throw .invalid(
                type, name,
                [
                    .init(
                        "FieldValueInvalid",
                        "Invalid value: \(new[path: ["spec", "template"]]?.text ?? ""): field is immutable",
                        field: "spec.template")
                ])
        }
    }

    /// Images, the deadline, more tolerations, and a grace of 1 after a negative one: nothing else of a pod's spec.
    private static func checkPodChange(
        from old: JSONValue, to new: JSONValue, _ type: ResourceType, _ name: String
    ) throws(StatusError) {
        let tolerations = (
            old[path: ["spec", "tolerations"]]?.array ?? [], new[path: ["spec", "tolerations"]]?.array ?? []
        )
        var before = old["spec"] ?? .null
        var after = new["spec"] ?? .null
        for list in ["containers", "initContainers"] {
            guard let mine = before[list]?.array, let theirs = after[list]?.array, mine.count == theirs.count else {
                if before[list]?.array?.count ?? 0 != after[list]?.array?.count ?? 0 {
                    throw .invalid(
                        type, name,
                        [
                            .init(
                                "FieldValueForbidden", "Forbidden: pod updates may not add or remove containers",
                                field: "spec.\(list)")
                        ])
                }
                continue
            }
            for (index, container) in theirs.enumerated() where (container["image"]?.string ?? "").isEmpty {
                throw .invalid(
                    type, name, [.init("FieldValueRequired", "Required value", field: "spec.\(list)[\(index)].image")])
            }
            before[list] = .array(mine.map(withoutImage))
            after[list] = .array(theirs.map(withoutImage))
        }
        let graces = (
            before["terminationGracePeriodSeconds"]?.integer ?? 0, after["terminationGracePeriodSeconds"]?.integer
        )
        if graces.0 < 0, graces.1 == 1 { before["terminationGracePeriodSeconds"] = 1 }
        for field in ["activeDeadlineSeconds", "tolerations"] { (before[field], after[field]) = (nil, nil) }
        let keepsTolerations = tolerations.0.allSatisfy { known in
            tolerations.1.contains { $0.isEquivalent(to: known) }
        }
        guard keepsTolerations, before.isEquivalent(to: after) else {
            let message = "Forbidden: \(immutable)\n\(difference(before, after))"
            throw .invalid(type, name, [.init("FieldValueForbidden", message, field: "spec")])
        }
    }

    private static func withoutImage(_ container: JSONValue) -> JSONValue {
        var container = container
        container["image"] = nil
        return container
    }

    private static let immutable =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
        + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
        + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

    /// Not the real server's diff, which prints its internal types, but as many words.
    private static func difference(_ old: JSONValue, _ new: JSONValue) -> String {
        let (before, after) = (
            old.sorted.prettyText.split(separator: "\n"), new.sorted.prettyText.split(separator: "\n")
        )
        return after.difference(from: before).map { change in
            switch change {
            case .remove(_, let line, _): "-\(line)\n"
            case .insert(_, let line, _): "+\(line)\n"
            }
        }.joined()
    }
}
