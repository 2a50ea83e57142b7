import Basics
import YAMLTree

/// Server-side apply: what a manager wants becomes part of the object, what it no longer wants leaves it, and what
/// another manager owns with another value is a conflict.
///
/// Simpler than the real one where nobody looks: defaults are not taken for anybody's, and versions are not converted.
struct ServerSideApply {
    let message: SchemaMessage?
    var schema = KubeSchema.builtIn

    /// The object afterwards, its managed fields included.
    func apply(_ wanted: JSONValue, to live: JSONValue, by manager: ManagedFields.Entry, force: Bool)
        throws(StatusError) -> JSONValue
    {
        var managed = ManagedFields(of: live)
        let before = FieldLeaves(of: live, message)
        let leaves = FieldLeaves(of: wanted, message)
        var conflicts: [(owner: ManagedFields.Entry, path: FieldPath)] = []
        for (index, entry) in managed.entries.enumerated() where !entry.isOf(manager) {
            let contested = entry.paths.filter { path in
                guard let value = leaves.values[path], let current = before.values[path] else { return false }
                return !value.isEquivalent(to: current)
            }
            conflicts += contested.sorted().map { (entry, $0) }
            if force { managed.entries[index].paths.subtract(contested) }
        }
        if !force, !conflicts.isEmpty { throw Self.conflict(conflicts) }
        var result = merge(wanted, into: live, message)
        let mine = managed.entries.firstIndex(where: manager.isOf)
        let dropped = mine.map { managed.entries[$0].paths.subtracting(leaves.paths) } ?? []
        var others: Set<FieldPath> = []
        for (index, entry) in managed.entries.enumerated() where index != mine { others.formUnion(entry.paths) }
        // An element's own path comes first: with it goes all that is beneath.
        for path in dropped.subtracting(others).sorted() { remove(path.steps[...], from: &result) }
        if let mine { managed.entries.remove(at: mine) }
        managed.add(leaves.paths, to: manager)
        result[path: ["metadata", "managedFields"]] = managed.value
        return result
    }

    private static func conflict(_ conflicts: [(owner: ManagedFields.Entry, path: FieldPath)]) -> StatusError {
        func owner(_ entry: ManagedFields.Entry) -> String {
            let update = entry.operation == "Update"
            let with = entry.subresource.map { " with subresource \"\($0)\"" } ?? ""
            return "\"\(entry.manager)\"\(with)" + (update ? " using \(entry.apiVersion)" : "")
        }
        let owners = conflicts.map { owner($0.owner) }.reduce(into: [String]()) { list, name in
            if !list.contains(name) { list.append(name) }
        }
        let parts = owners.map { name -> String in
            let paths = conflicts.filter { owner($0.owner) == name }.map(\.path.words)
            return paths.count == 1
                ? "conflict with \(name): \(paths[0])"
                : "conflicts with \(name):\n" + paths.map { "- \($0)" }.joined(separator: "\n")
        }
        let count = conflicts.count
        var error = StatusError(
            409, "Conflict",
            "Apply failed with \(count) conflict\(count == 1 ? "" : "s"): \(parts.joined(separator: "\n"))")
        error.causes = conflicts.map {
            .init("FieldManagerConflict", "conflict with \(owner($0.owner))", field: $0.path.words)
        }
        return error
    }

    private func merge(_ wanted: JSONValue, into live: JSONValue?, _ message: SchemaMessage?) -> JSONValue {
        guard let members = wanted.members, live?.members != nil || live == nil else { return wanted }
        if let message, KubeSchema.isScalarInJSON(message.name) { return wanted }
        var result = live ?? .object([])
        for member in members {
            let field = message?.field(member.name, in: schema)
            let inner = field.flatMap { schema.message(of: $0) }
            let old = result[member.name]
            switch (member.value, field?.listKeys) {
            case (.array(let elements), let keys?):
                result[member.name] = .array(merge(elements, into: old?.array ?? [], by: keys, inner))
            case (.object, _): result[member.name] = merge(member.value, into: old, inner)
            default: result[member.name] = member.value
            }
        }
        return result
    }

    private func merge(_ wanted: [JSONValue], into old: [JSONValue], by keys: [String], _ message: SchemaMessage?)
        -> [JSONValue]
    {
        wanted.reduce(into: old) { list, element in
            let isSame = { (other: JSONValue) in
                keys.isEmpty ? other == element : keys.allSatisfy { other[$0] == element[$0] }
            }
            if let index = list.firstIndex(where: isSame) {
                list[index] = merge(element, into: list[index], message)
            } else {
                list.append(element)
            }
        }
    }

    private func remove(_ path: ArraySlice<String>, from value: inout JSONValue) {
        guard let step = path.first else { return }
        let rest = path.dropFirst()
        if step.hasPrefix("f:") {
            let name = String(step.dropFirst(2))
            guard !rest.isEmpty, var inner = value[name] else {
                if rest.isEmpty { value[name] = nil }
                return
            }
            remove(rest, from: &inner)
            let isEmpty = inner.members?.isEmpty ?? inner.array?.isEmpty ?? false
            value[name] = isEmpty ? nil : inner
        } else if var elements = value.array {
            guard
                let index = elements.firstIndex(where: { element in
                    guard step.hasPrefix("k:") else { return "v:\(element.text)" == step }
                    let keys = (try? JSONValue(parsing: String(step.dropFirst(2))))?.members ?? []
                    return keys.allSatisfy { element[$0.name] == $0.value }
                })
            else { return }
            if rest.isEmpty || rest == ["."] {
                elements.remove(at: index)
            } else {
                remove(rest, from: &elements[index])
            }
            value = .array(elements)
        }
    }
}
