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

/// The cluster's nodes, remembered for some minutes: kubelets are not replaced in seconds. Reading all of them takes longer
/// than a review may where there are thousands, so no review waits for that as long as something is known, and what was
/// read last counts while they cannot be read anew.
final class NodeReader: Sendable {
    private struct Known {
        var fleet: NodeFleet
        var readAt: Duration
        /// After a failure, when they may be read again.
        var notBefore = Duration.zero
    }

    private let api: any KubeAPI
    private let time: Timepiece
    private let known = Mutex<Known?>(nil)
    private let wanted = Signal()
    private let reading = SingleFlight<NodeFleet, KubeError>(
        cancelled: KubeError(attempted: "list nodes", reason: .cancelled)
    ) { error in
        if case .cancelled = error.reason { true } else { false }
    }

    private static let lifetime = Duration.seconds(300)
    /// Beyond this, after quiet hours, a review reads them itself.
    private static let longestLifetime = Duration.seconds(900)
    private static let pause = Duration.seconds(15)
    /// A node's images make it large.
    private static let page = 100

    init(_ api: any KubeAPI, time: Timepiece) {
        self.api = api
        self.time = time
    }

    /// Reads them at once, and again when a review finds what is known old, until the task is cancelled.
    func follow() async {
        repeat {
            if isDue { _ = try? await read() }
        } while await wanted.wait()
    }

    private var isDue: Bool {
        let now = time.now()
        return known.withLock { $0.map { now >= max($0.readAt + Self.lifetime, $0.notBefore) } ?? true }
    }

    func fleet() async throws(KubeError) -> NodeFleet {
        guard let last = known.withLock({ $0 }) else { return try await read() }
        if isDue {
            wanted.send()
            if time.now() >= last.readAt + Self.longestLifetime { return (try? await read()) ?? last.fleet }
        }
        return last.fleet
    }

    private func read() async throws(KubeError) -> NodeFleet {
        do throws(KubeError) {
            return try await reading.run { () async throws(KubeError) in
                let now = time.now()
                let fleet = NodeFleet(try await self.api.list(.nodes, pageSize: Self.page))
                known.withLock { $0 = Known(fleet: fleet, readAt: now) }
                return fleet
            }
        } catch {
            // A review that has run out of time says nothing about the nodes.
            if case .cancelled = error.reason { throw error }
            let next = time.now() + Self.pause
            known.withLock { $0?.notBefore = next }
            throw error
        }
    }
}
