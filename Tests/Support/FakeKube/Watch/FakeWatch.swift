import Basics
import YAMLTree

/// One running watch: where it stands in the store's memory, and what it selects. Polled; it never waits.
package struct FakeWatch: Sendable {
    package let type: ResourceType
    package let wantsBookmarks: Bool
    /// Seconds after which the client wants the stream to end.
    package let timeout: Int?
    let selection: Selection
    /// Changes up to and including this version were sent or are waiting in `pending`.
    private(set) var cursor: Int
    private var pending: [WatchEvent] = []
    /// Set with the last event: the server ends the stream behind it.
    package private(set) var isOver = false

    /// `version`: the watch sends what changed after it; `nil`: first all that is there.
    init(
        type: ResourceType, selection: Selection, from version: Int?, endsInitialWithBookmark: Bool, bookmarks: Bool,
        timeout: Int?, store: FakeStore
    ) {
        self.type = type
        self.selection = selection
        self.timeout = timeout
        wantsBookmarks = bookmarks
        cursor = version ?? store.version
        guard version == nil else { return }
        var run = SelectionRun(selection)
        store.scan(selection.storage, prefix: selection.prefix) { [type] _, stored in
            if run.matches(stored) { pending.append(WatchEvent(.added, stored.value.asType(type))) }
            return true
        }
        if endsInitialWithBookmark { pending.append(bookmark(endsInitial: true)) }
    }

    /// All that is to be sent now.
    package mutating func poll(_ store: FakeStore) -> [WatchEvent] {
        defer { pending = [] }
        guard !isOver else { return [] }
        guard cursor >= store.compactedVersion else {
            isOver = true
            return pending + [
                WatchEvent(.error, StatusError.tooOld(cursor, oldest: store.compactedVersion).object)
            ]
        }
        var events = pending
        for change in store.events(selection.storage, after: cursor) where change.key.hasPrefix(selection.prefix) {
            if let event = event(for: change) { events.append(event) }
        }
        cursor = max(cursor, store.version)
        return events
    }

    /// An object that leaves the selection is sent as deleted, in its last selected state with the version of the
    /// change; one that enters it as added.
    private func event(for change: StoreEvent) -> WatchEvent? {
        let object = change.object.value
        let was = change.previous.map(\.value).flatMap { selection.matches($0) ? $0 : nil }
        let isSelected = change.kind != .deleted && selection.matches(object)
        switch (was, isSelected) {
        case (nil, false): return nil
        case (nil, true): return WatchEvent(.added, object.asType(type))
        case (_?, true): return WatchEvent(.modified, object.asType(type))
        case (var last?, false):
            last[path: ["metadata", "resourceVersion"]] = .string(String(change.version))
            return WatchEvent(.deleted, last.asType(type))
        }
    }

    /// What Go writes of structs without content.
    private static let empty: [String: KeyValuePairs<String, JSONValue>] = [
        "pods": ["spec": ["containers": .null], "status": .object([])],
        "jobs.batch": [
            "spec": ["template": ["metadata": .object([]), "spec": ["containers": .null]]], "status": .object([]),
        ],
        "namespaces": ["spec": .object([]), "status": .object([])], "leases.coordination.k8s.io": ["spec": .object([])],
    ]

    /// Tells how far this watch has come; the rest of the object is empty.
    func bookmark(endsInitial: Bool = false) -> WatchEvent {
        var metadata: JSONValue = ["resourceVersion": .string(String(cursor))]
        if endsInitial { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        var object: JSONValue = [
            "kind": .string(type.kind), "apiVersion": .string(type.apiVersion), "metadata": metadata,
        ]
        for (name, value) in Self.empty[type.storage] ?? [:] { object[name] = value }
        return WatchEvent(.bookmark, object)
    }
}
