public import Basics

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

extension ObjectMeta {
    init(
        protobuf bytes: Span<UInt8>, _ metadata: WireField, labels keptLabels: NameSet = .all,
        annotations keptAnnotations: NameSet = .all
    ) throws(WireError) {
        self.init()
        var cursor = try metadata.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: name = try field.text(in: bytes)
            case 3: namespace = try field.text(in: bytes)
            case 5: uid = try field.text(in: bytes)
            case 6: resourceVersion = try field.text(in: bytes)
            case 9: isBeingDeleted = true
            case 11: try Self.add(field, to: &labels, keeping: keptLabels, in: bytes)
            case 12: try Self.add(field, to: &annotations, keeping: keptAnnotations, in: bytes)
            case 13: ownerReferences.append(try OwnerReference(protobuf: bytes, field))
            case 14: finalizers.append(try field.text(in: bytes))
            default: break
            }
        }
    }

    private static func add(
        _ field: WireField, to entries: inout [String: String], keeping kept: NameSet, in bytes: Span<UInt8>
    ) throws(WireError) {
        let entry = try WireMapEntry(in: bytes, field)
        guard kept.contains(bytes, entry.key) else { return }
        entries[String(copying: bytes, entry.key)] = String(copying: bytes, entry.value)
    }

    /// Reads a `metadata` value of JSON.
    public init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "name": name = try cursor.text(in: bytes)
            case "namespace": namespace = try cursor.text(in: bytes)
            case "uid": uid = try cursor.text(in: bytes)
            case "resourceVersion": resourceVersion = try cursor.text(in: bytes)
            case "deletionTimestamp": isBeingDeleted = try !cursor.text(in: bytes).isEmpty
            case "labels": labels = try cursor.texts(in: bytes)
            case "annotations": annotations = try cursor.texts(in: bytes)
            case "finalizers": finalizers = try cursor.list(in: bytes)
            case "ownerReferences": ownerReferences = try cursor.elements(in: bytes, OwnerReference.init(json:_:))
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension OwnerReference {
    fileprivate init(protobuf bytes: Span<UInt8>, _ reference: WireField) throws(WireError) {
        self.init()
        var cursor = try reference.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: kind = try field.text(in: bytes)
            case 3: name = try field.text(in: bytes)
            case 4: uid = try field.text(in: bytes)
            case 5: apiVersion = try field.text(in: bytes)
            case 6: isController = try field.flag()
            default: break
            }
        }
    }

    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "kind": kind = try cursor.text(in: bytes)
            case "name": name = try cursor.text(in: bytes)
            case "uid": uid = try cursor.text(in: bytes)
            case "apiVersion": apiVersion = try cursor.text(in: bytes)
            case "controller": isController = try cursor.flag(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

extension JSONCursor {
    /// An object whose values are all texts.
    mutating func texts(in bytes: Span<UInt8>) throws(WireError) -> [String: String] {
        var texts: [String: String] = [:]
        guard try beginObject(in: bytes) else { return texts }
        while let key = try key(in: bytes) { texts[key] = try text(in: bytes) }
        return texts
    }

    /// An array of texts.
    mutating func list(in bytes: Span<UInt8>) throws(WireError) -> [String] {
        var list: [String] = []
        guard try beginArray(in: bytes) else { return list }
        while try element(in: bytes) { list.append(try text(in: bytes)) }
        return list
    }
}
