import Basics
import YAMLTree

/// What etcd and the watch cache are to a real server: objects, one monotone version for all, and a memory of changes
/// that can be cut short. Knows nothing of HTTP, of kinds or of rules.
package struct FakeStore: Sendable {
    /// Of the last change.
    package private(set) var version: Int
    /// Changes up to and including this one are forgotten.
    package private(set) var compactedVersion = 0
    private var tables: [String: StoreTable] = [:]
    private var log: [StoreEvent] = []

    /// A fresh cluster has written a few hundred times before anyone looks.
    package init(version: Int = 200) { self.version = version }

    // MARK: Reading

    func object(_ storage: String, _ key: String) -> JSONValue? { tables[storage]?[key]?.value }

    func count(_ storage: String) -> Int { tables[storage]?.count ?? 0 }

    /// Keys from `start` on that begin with `prefix`, in order, as of `version` (`nil`: now). The caller stops when it
    /// has enough by answering `false`.
    func scan(
        _ storage: String, prefix: String, from start: String? = nil, at version: Int? = nil,
        _ body: (String, StoredObject) -> Bool
    ) {
        let table = tables[storage] ?? StoreTable()
        let past = version.map { overrides(storage, at: $0) } ?? [:]
        // Keys that existed then and are gone now.
        var revived = past.filter { $0.value != nil && table[$0.key] == nil }.keys.sorted()[...]
        let first = max(start ?? prefix, prefix)
        revived = revived.drop { $0 < first }
        var index = table.position(of: first)
        while true {
            let live = index < table.keys.count ? table.keys[index] : nil
            let key: String
            if let gone = revived.first, live.map({ gone < $0 }) ?? true {
                key = gone
                revived.removeFirst()
            } else if let live {
                key = live
                index += 1
            } else {
                return
            }
            guard key.hasPrefix(prefix) else { return }
            let object = past[key] ?? table[key]
            if let object, !body(key, object) { return }
        }
    }

    /// For each key changed after `version`: its state at `version`, `nil` inside where it did not exist.
    private func overrides(_ storage: String, at version: Int) -> [String: StoredObject?] {
        var past: [String: StoredObject?] = [:]
        for event in log[firstEvent(after: version)...] where event.storage == storage && past[event.key] == nil {
            past[event.key] = .some(event.previous)
        }
        return past
    }

    /// Changes of a resource after `version`, oldest first. Meaningless below `compactedVersion`.
    func events(_ storage: String, after version: Int) -> some Sequence<StoreEvent> {
        log[firstEvent(after: version)...].lazy.filter { $0.storage == storage }
    }

    private func firstEvent(after version: Int) -> Int {
        var low = 0
        var high = log.count
        while low < high {
            let middle = (low + high) / 2
            if log[middle].version <= version { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Writing

    /// Stores `object` under the next version, which is written into it, or under `version` where a recording is
    /// replayed. Returns it as stored.
    @discardableResult
    mutating func put(_ storage: String, _ key: String, _ object: JSONValue, version wanted: Int? = nil) -> JSONValue {
        version = max(wanted ?? 0, version + 1)
        var object = object
        object[path: ["metadata", "resourceVersion"]] = .string(String(version))
        let previous = tables[storage]?[key]
        tables[storage, default: StoreTable()][key] = .value(object)
        log.append(
            StoreEvent(
                version: version, storage: storage, key: key, kind: previous == nil ? .added : .modified,
                object: .value(object), previous: previous))
        return object
    }

    /// Removes an object; gives its last state with the version of its deletion, `nil` where there was none.
    @discardableResult
    mutating func remove(_ storage: String, _ key: String, version wanted: Int? = nil) -> JSONValue? {
        guard let previous = tables[storage]?[key] else { return nil }
        version = max(wanted ?? 0, version + 1)
        var last = previous.value
        last[path: ["metadata", "resourceVersion"]] = .string(String(version))
        tables[storage]?[key] = nil
        log.append(
            StoreEvent(
                version: version, storage: storage, key: key, kind: .deleted, object: .value(last), previous: previous))
        return last
    }

    /// Lets the version grow without a change, as writes to other resources do.
    package mutating func advance(to version: Int) { self.version = max(self.version, version) }

    /// Forgets changes up to and including `version` (`nil`: all), as etcd's compaction does every five minutes.
    package mutating func compact(through version: Int? = nil) {
        compactedVersion = max(compactedVersion, min(version ?? self.version, self.version))
        log.removeSubrange(..<firstEvent(after: compactedVersion))
    }

    /// Puts objects alike into an empty table, without a change being remembered for each.
    mutating func fill(_ storage: String, with template: ObjectTemplate, count: Int) {
        for number in 0..<count {
            tables[storage, default: StoreTable()][template.key(number)] = .template(template, number)
        }
        let last = template.object(max(0, count - 1)).text(at: "metadata.resourceVersion").flatMap { Int($0) }
        version = max(version + 1, last ?? 0)
        compact()
    }
}
