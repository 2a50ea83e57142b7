package import Basics
internal import YAMLTree

/// One event as it is sent.
package struct WatchEvent: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
        case error = "ERROR"
    }

    package var kind: Kind
    package var object: JSONValue

    package init(_ kind: Kind, _ object: JSONValue) {
        self.kind = kind
        self.object = object
    }

    package var json: JSONValue { ["type": .string(kind.rawValue), "object": object] }
}
