internal import Basics
internal import HTTPTransport
internal import KubeClient
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
        timed(
            .create(
                write.event, named: write.name, at: write.firstSeen, controller: controller, instance: instance,
                series: write.count > 1 ? series(write) : nil))
    }

    /// Nothing else of an event can be changed.
    private func updateSeries(_ write: EventWrite) -> APIRequest {
        let key = ObjectKey(namespace: write.event.namespace, name: write.name)
        return timed(.patch(.events, key, .merge(["series": series(write)])))
    }

    private func series(_ write: EventWrite) -> JSONValue {
        [
            "count": .integer(Int64(write.count)),
            "lastObservedTime": .string(WallClock.microTime(write.lastSeen)),
        ]
    }

    private func timed(_ request: APIRequest) -> APIRequest {
        var request = request
        request.timeouts = HTTPTimeouts(firstByte: .seconds(15), total: .seconds(20))
        return request
    }
}
