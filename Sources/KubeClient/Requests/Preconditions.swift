internal import Basics
internal import YAMLTree

/// What must still hold for an object to be deleted, so that a decision made on an old state hits nothing new.
public struct Preconditions: Sendable, Equatable {
    public var uid: String?
    public var resourceVersion: String?

    public init(uid: String? = nil, resourceVersion: String? = nil) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    var json: JSONValue? {
        guard uid != nil || resourceVersion != nil else { return nil }
        return .object(present: [
            "uid": uid.map { .string($0) }, "resourceVersion": resourceVersion.map { .string($0) },
        ])
    }
}
