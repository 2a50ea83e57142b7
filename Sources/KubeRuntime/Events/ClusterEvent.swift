internal import Basics
public import KubeClient
internal import KubeModel
internal import YAMLTree

/// Something that happened to an object, to be recorded as an `Event` (events.k8s.io/v1).
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

/// Which object an event is about, precise enough to distinguish it from a later one of the same name.
public struct ObjectReference: Sendable, Hashable {
    public var apiVersion: String
    public var kind: String
    /// Empty for what has no namespace.
    public var namespace: String
    public var name: String
    public var uid: String
    /// A part of the object, as `spec.containers{main}`; may be empty.
    public var fieldPath: String

    public init(
        apiVersion: String, kind: String, namespace: String = "", name: String, uid: String = "", fieldPath: String = ""
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.fieldPath = fieldPath
    }

    var json: JSONValue {
        func present(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }
        return .object(present: [
            "apiVersion": present(apiVersion), "kind": present(kind), "namespace": present(namespace),
            "name": present(name), "uid": present(uid), "fieldPath": present(fieldPath),
        ])
    }
}

extension APIRequest {
    /// Creates an event under a name of the caller's own, who sees to it that each is written once; all others are for
    /// `EventRecorder`.
    ///
    /// - `microseconds`: since 1970, when it happened.
    /// - `controller`: the `reportingController`, a qualified name.
    /// - `instance`: the `reportingInstance`, one of its processes.
    public static func create(
        _ event: ClusterEvent, named name: String, at microseconds: Int64, controller: String, instance: String,
        _ options: WriteOptions = .init()
    ) -> APIRequest {
        create(
            event, named: name, at: microseconds, controller: controller, instance: instance, series: nil, options)
    }

    static func create(
        _ event: ClusterEvent, named name: String, at microseconds: Int64, controller: String, instance: String,
        series: JSONValue?, _ options: WriteOptions = .init()
    ) -> APIRequest {
        let action = event.action.isEmpty ? event.reason : event.action
        let object = JSONValue.object(present: [
            "apiVersion": .string(APIResource.events.apiVersion),
            "kind": .string(APIResource.events.kind),
            "metadata": ["namespace": .string(event.namespace), "name": .string(name)],
            "eventTime": .string(WallClock.microTime(microseconds)),
            "type": .string(event.kind.rawValue),
            "reason": .string(EventText.cut(event.reason, to: EventText.maximumWord)),
            "action": .string(EventText.cut(action, to: EventText.maximumWord)),
            "note": .string(EventText.cut(event.note, to: EventText.maximumNote)),
            "regarding": event.regarding.json,
            "related": event.related?.json,
            "reportingController": .string(controller),
            "reportingInstance": .string(EventText.cut(instance, to: EventText.maximumWord)),
            "series": series,
        ])
        return create(.events, namespace: event.namespace, body: Array(object.text.utf8), options)
    }
}

extension ClusterEvent {
    /// Where it is written: in the object's own namespace, or in `default` where that has none.
    var namespace: String { regarding.namespace.isEmpty ? "default" : regarding.namespace }
}

/// The texts of an `Event` within the limits that the API server sets (`pkg/apis/core/validation/events.go`).
enum EventText {
    static let maximumNote = 1024
    /// Of `reason`, `action` and `reportingInstance`.
    static let maximumWord = 128
    private static let maximumName = 253

    /// As many whole characters as fit into `limit` bytes of UTF-8.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var count = 0
        return String(
            text.prefix { character in
                count += character.utf8.count
                return count <= limit
            })
    }

    /// A name for the event itself, as client-go makes it: the object's and the time in nanoseconds, which `number`
    /// keeps apart. Whatever cannot be in a DNS subdomain becomes a dash.
    static func name(about object: String, microseconds: Int64, number: Int) -> String {
        let nanoseconds = UInt64(bitPattern: microseconds &* 1000 &+ Int64(number % 1000))
        let suffix = "." + String(nanoseconds, radix: 16)
        let allowed = object.lowercased().unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "0"..."9", "-", ".": Character(scalar)
            default: "-"
            }
        }
        let labels = String(allowed.prefix(maximumName - suffix.utf8.count)).split(separator: ".")
            .map { $0.trimmingDashes() }.filter { !$0.isEmpty }
        return (labels.isEmpty ? "event" : labels.joined(separator: ".")) + suffix
    }
}

extension Substring {
    /// A label may hold dashes, but neither begin nor end with one.
    fileprivate func trimmingDashes() -> Substring {
        var rest = drop { $0 == "-" }
        while rest.last == "-" { rest.removeLast() }
        return rest
    }
}
