internal import HTTPTransport
internal import KubeModel
internal import YAMLTree

/// The requests by which events are written.
struct EventRequests: Sendable {
    /// Who tells: a qualified name, and which of its instances.
    let controller: String
    let instance: String

    func request(for write: EventWrite) -> APIRequest {
        switch write.purpose {
        case .create: create(write)
        case .updateSeries: updateSeries(write)
        }
    }

    private func create(_ write: EventWrite) -> APIRequest {
        let event = write.event
        let action = event.action.isEmpty ? event.reason : event.action
        let object = JSONValue.object(present: [
            "apiVersion": .string(APIResource.events.apiVersion),
            "kind": .string(APIResource.events.kind),
            "metadata": ["namespace": .string(namespace(of: event)), "name": .string(write.name)],
            "eventTime": .string(WallClock.microTime(write.firstSeen)),
            "type": .string(event.kind.rawValue),
            "reason": .string(EventText.cut(event.reason, to: EventText.maximumWord)),
            "action": .string(EventText.cut(action, to: EventText.maximumWord)),
            "note": .string(EventText.cut(event.note, to: EventText.maximumNote)),
            "regarding": event.regarding.json,
            "related": event.related?.json,
            "reportingController": .string(controller),
            "reportingInstance": .string(EventText.cut(instance, to: EventText.maximumWord)),
            "series": write.count > 1 ? series(write) : nil,
        ])
        return timed(.create(.events, namespace: namespace(of: event), body: Array(object.text.utf8)))
    }

    /// Nothing else of an event can be changed.
    private func updateSeries(_ write: EventWrite) -> APIRequest {
        let key = ObjectKey(namespace: namespace(of: write.event), name: write.name)
        return timed(.patch(.events, key, .merge(["series": series(write)])))
    }

    private func series(_ write: EventWrite) -> JSONValue {
        [
            "count": .integer(Int64(write.count)),
            "lastObservedTime": .string(WallClock.microTime(write.lastSeen)),
        ]
    }

    /// The object's own; events of objects without one are in `default`.
    private func namespace(of event: ClusterEvent) -> String {
        event.regarding.namespace.isEmpty ? "default" : event.regarding.namespace
    }

    private func timed(_ request: APIRequest) -> APIRequest {
        var request = request
        request.timeouts = HTTPTimeouts(firstByte: .seconds(15), total: .seconds(20))
        return request
    }
}
