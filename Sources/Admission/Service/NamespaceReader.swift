internal import Basics
internal import KubeClient
internal import KubeModel
internal import Synchronization

/// Labels of namespaces, asked when they are needed. What asks for conversion is remembered for a moment, because pods
/// come in crowds; what does not is asked again each time, so that a new label counts at once. The API server has looked
/// at them before it called, so a remembered yes that is none any more does no harm.
final class NamespaceReader: Sendable {
    private struct Remembered {
        var labels: NamespaceLabels
        var at: Duration
    }

    private let api: any KubeAPI
    private let time: Timepiece
    private let known = Mutex<[String: Remembered]>([:])

    private static let lifetime = Duration.seconds(5)
    private static let limit = 1000

    init(_ api: any KubeAPI, time: Timepiece) {
        self.api = api
        self.time = time
    }

    func labels(of name: String) async throws(KubeError) -> NamespaceLabels {
        let now = time.now()
        if let known = known.withLock({ $0[name] }), now - known.at < Self.lifetime { return known.labels }
        let request = APIRequest.get(.namespaces, ObjectKey(name: name))
        let answer = try await api.send(request)
        let object: PartialObject
        do throws(WireError) { object = try PartialObject(.json, in: answer.body.span) } catch {
            throw KubeError(attempted: "GET \(request.path)", error)
        }
        let labels = NamespaceLabels(object.metadata.labels)
        known.withLock { known in
            guard labels.converts else {
                known[name] = nil
                return
            }
            if known.count >= Self.limit { known.removeAll() }
            known[name] = Remembered(labels: labels, at: now)
        }
        return labels
    }
}
