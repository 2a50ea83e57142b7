internal import Basics
public import KubeClient
internal import KubeModel
internal import YAMLTree

extension APIRequest {
    /// Tells an event under a name of the caller's own, who sees to it that each is told once; all others are for
    /// `EventRecorder`.
    ///
    /// - Parameters:
    ///   - microseconds: since 1970, when it happened.
    ///   - controller: who tells: a qualified name.
    ///   - instance: which one of its processes.
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
    /// Where it is told: in the object's own namespace, or in `default` where that has none.
    var namespace: String { regarding.namespace.isEmpty ? "default" : regarding.namespace }
}
