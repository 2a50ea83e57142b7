/// One change, as the store remembers it.
struct StoreEvent: Sendable {
    enum Kind: Sendable {
        case added, modified, deleted
    }

    var version: Int
    var storage: String
    var key: String
    var kind: Kind
    /// The state after the change; of a deleted object its last one, with the version of its deletion.
    var object: StoredObject
    /// The state before it; `nil` for a new object.
    var previous: StoredObject?
}
