import Basics
import YAMLTree

/// Who owns which parts of an object, as `metadata.managedFields` keeps it.
struct ManagedFields {
    struct Entry: Equatable {
        var manager: String
        /// `Apply` or `Update`.
        var operation: String
        var subresource: String?
        var apiVersion: String
        var time: String
        var paths: Set<FieldPath>

        func isOf(_ other: Entry) -> Bool {
            manager == other.manager && operation == other.operation && subresource == other.subresource
        }
    }

    var entries: [Entry]

    init(of object: JSONValue) {
        entries = (object[path: ["metadata", "managedFields"]]?.array ?? []).map { entry in
            var paths: Set<FieldPath> = []
            Self.collect(entry["fieldsV1"] ?? .null, at: FieldPath(), into: &paths)
            return Entry(
                manager: entry["manager"]?.string ?? "", operation: entry["operation"]?.string ?? "",
                subresource: entry["subresource"]?.string, apiVersion: entry["apiVersion"]?.string ?? "",
                time: entry["time"]?.string ?? "", paths: paths)
        }
    }

    /// As JSON; managers that own nothing are left out.
    var value: JSONValue? {
        let owners = entries.filter { !$0.paths.isEmpty }
        guard !owners.isEmpty else { return nil }
        return .array(
            owners.map { entry in
                var tree = JSONValue.object([])
                for path in entry.paths.sorted() { tree[path: path.steps] = .object([]) }
                return .object(present: [
                    "manager": .string(entry.manager), "operation": .string(entry.operation),
                    "apiVersion": .string(entry.apiVersion), "time": .string(entry.time), "fieldsType": "FieldsV1",
                    "fieldsV1": tree, "subresource": entry.subresource.map(JSONValue.string),
                ])
            })
    }

    private static func collect(_ node: JSONValue, at path: FieldPath, into paths: inout Set<FieldPath>) {
        guard let members = node.members, !members.isEmpty else {
            if !path.steps.isEmpty { paths.insert(path) }
            return
        }
        for member in members { collect(member.value, at: path.appending(member.name), into: &paths) }
    }

    /// What an ordinary write changes belongs to its writer from then on; what it removes to nobody.
    mutating func update(by writer: Entry, from old: FieldLeaves, to new: FieldLeaves) {
        let changed = Set(
            new.values.filter { path, value in old.values[path].map { !$0.isEquivalent(to: value) } ?? true }.keys)
        let there = new.paths
        for index in entries.indices {
            // A path beneath which there is more now is no leaf any more.
            entries[index].paths = entries[index].paths.subtracting(changed).filter { path in
                there.contains(path) || path.steps.last == "."
            }
        }
        guard !changed.isEmpty else { return }
        add(changed, to: writer)
    }

    mutating func add(_ paths: Set<FieldPath>, to owner: Entry) {
        if let index = entries.firstIndex(where: owner.isOf) {
            entries[index].paths.formUnion(paths)
            (entries[index].time, entries[index].apiVersion) = (owner.time, owner.apiVersion)
        } else {
            var owner = owner
            owner.paths = paths
            entries.append(owner)
        }
    }
}
