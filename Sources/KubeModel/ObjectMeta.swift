/// What is kept of an object's `metadata`.
public struct ObjectMeta: Sendable, Equatable {
    public var namespace = ""
    public var name = ""
    public var uid = ""
    /// Opaque; only to be compared for equality and handed back.
    public var resourceVersion = ""
    public var labels: [String: String] = [:]
    public var annotations: [String: String] = [:]
    public var ownerReferences: [OwnerReference] = []
    public var finalizers: [String] = []
    /// Set once the object is being deleted.
    public var isBeingDeleted = false

    public init() {}

    public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    /// The owner whose controller manages this object.
    public var controller: OwnerReference? { ownerReferences.first(where: \.isController) }
}

/// An entry of `metadata.ownerReferences`.
public struct OwnerReference: Sendable, Equatable {
    public var apiVersion = ""
    public var kind = ""
    public var name = ""
    public var uid = ""
    public var isController = false

    public init() {}
}
