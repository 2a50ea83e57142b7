/// Something that happened to an object, to be told as an `Event` (events.k8s.io/v1).
public struct ClusterEvent: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case normal = "Normal"
        case warning = "Warning"
    }

    public var kind: Kind
    public var regarding: ObjectReference
    /// A second object that is part of the story.
    public var related: ObjectReference?
    /// Why, in one CamelCase word for programs; the same for all events of its sort.
    public var reason: String
    /// What was done, in one CamelCase word; the same as the reason where empty.
    public var action: String
    /// For people. Not part of what makes two events the same: the first one's stays.
    public var note: String

    public init(
        _ kind: Kind = .normal, regarding: ObjectReference, related: ObjectReference? = nil, reason: String,
        action: String = "", note: String
    ) {
        self.kind = kind
        self.regarding = regarding
        self.related = related
        self.reason = reason
        self.action = action
        self.note = note
    }

    /// Events of the same key are one event that happened again.
    struct Key: Sendable, Hashable {
        var kind: Kind
        var regarding: ObjectReference
        var related: ObjectReference?
        var reason: String
        var action: String
    }

    var key: Key { Key(kind: kind, regarding: regarding, related: related, reason: reason, action: action) }
}
