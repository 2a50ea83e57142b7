public import YAMLTree

/// One event as it is sent.
public struct WatchEvent: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
        case error = "ERROR"
    }

    public var kind: Kind
    public var object: JSONValue

    public init(_ kind: Kind, _ object: JSONValue) {
        self.kind = kind
        self.object = object
    }

    public var json: JSONValue { ["type": .string(kind.rawValue), "object": object] }
}
