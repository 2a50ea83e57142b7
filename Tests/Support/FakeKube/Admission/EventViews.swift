import Basics
import YAMLTree

/// Events have two faces: `v1` and `events.k8s.io/v1`. They are kept as `v1`.
enum EventViews {
    /// Names in `v1` and in `events.k8s.io/v1`.
    private static let names = [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ]

    static func stored(_ event: JSONValue, from type: ResourceType) -> JSONValue {
        type.group.isEmpty ? event : renamed(event, Dictionary(uniqueKeysWithValues: names.map { ($1, $0) }))
    }

    static func shown(_ event: JSONValue, as type: ResourceType) -> JSONValue {
        type.group.isEmpty ? event : renamed(event, Dictionary(uniqueKeysWithValues: names))
    }

    private static func renamed(_ event: JSONValue, _ names: [String: String]) -> JSONValue {
        .object((event.members ?? []).map { JSONValue.Member(names[$0.name] ?? $0.name, $0.value) })
    }

    /// The new API's own demands.
    static func causes(_ event: JSONValue, _ type: ResourceType) -> [StatusError.Cause] {
        guard !type.group.isEmpty else { return [] }
        return [
            ("eventTime", "eventTime"), ("reportingComponent", "reportingController"),
            ("reportingInstance", "reportingInstance"), ("action", "action"), ("reason", "reason"),
        ]
        .filter { (event[$0.0]?.string ?? "").isEmpty }
        .map { StatusError.Cause("FieldValueRequired", "Required value", field: $0.1) }
    }
}
