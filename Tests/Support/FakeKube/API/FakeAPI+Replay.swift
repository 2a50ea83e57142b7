import Basics
import YAMLTree

extension FakeAPI {
    /// Does what a recorded event tells, under the version that it has.
    package mutating func replay(_ event: WatchEvent) {
        let version = event.object.text(at: "metadata.resourceVersion").flatMap { Int($0) }
        switch event.kind {
        case .added, .modified: place(event.object, version: version)
        case .deleted:
            vanish(
                event.object["kind"]?.string ?? "", event.object.text(at: "metadata.name") ?? "",
                in: event.object.text(at: "metadata.namespace"), version: version)
        case .bookmark: store.advance(to: version ?? 0)
        case .error: break
        }
    }

    /// Puts a recorded list into the store.
    package mutating func load(recording name: String) throws {
        let list = try JSONValue(parsing: Recordings.bytes(name))
        let kind = (list["kind"]?.string ?? "").replacing("List", with: "")
        let events = (list["items"]?.array ?? []).map { item -> WatchEvent in
            var object = item
            if object["kind"] == nil { object["kind"] = .string(kind) }
            if object["apiVersion"] == nil { object["apiVersion"] = list["apiVersion"] }
            return WatchEvent(.added, object)
        }
        let version = { (event: WatchEvent) in
            event.object.text(at: "metadata.resourceVersion").flatMap { Int($0) } ?? 0
        }
        for event in events.sorted(by: { version($0) < version($1) }) { replay(event) }
        store.advance(to: list.text(at: "metadata.resourceVersion").flatMap { Int($0) } ?? 0)
    }
}
