internal import Basics
internal import KubeClient
internal import KubeModel
internal import Synchronization

/// The cluster's nodes, read when they are needed and remembered for some minutes: kubelets are not replaced in seconds.
/// What was read last counts while they cannot be read anew.
final class NodeReader: Sendable {
    private let api: any KubeAPI
    private let time: Timepiece
    private let known = Mutex<(fleet: NodeFleet, at: Duration)?>(nil)
    private let reading = SingleFlight<NodeFleet, KubeError>(
        cancelled: KubeError(attempted: "list nodes", reason: .cancelled)
    ) { error in
        if case .cancelled = error.reason { true } else { false }
    }

    private static let lifetime = Duration.seconds(300)
    /// A node's images make it large.
    private static let page = 100

    init(_ api: any KubeAPI, time: Timepiece) {
        self.api = api
        self.time = time
    }

    func fleet() async throws(KubeError) -> NodeFleet {
        let now = time.now()
        let last = known.withLock { $0 }
        if let last, now - last.at < Self.lifetime { return last.fleet }
        do throws(KubeError) {
            let fleet = try await reading.run { () async throws(KubeError) in NodeFleet(try await self.nodes()) }
            known.withLock { $0 = (fleet, now) }
            return fleet
        } catch {
            guard let last else { throw error }
            return last.fleet
        }
    }

    private func nodes() async throws(KubeError) -> [Node] {
        var options = ListOptions()
        options.limit = Self.page
        var nodes: [Node] = []
        while true {
            let answer = try await api.send(.list(.nodes, options))
            var reader = ObjectListReader(.json)
            do throws(WireError) {
                reader.append(answer.body)
                while let item = try reader.next() {
                    nodes.append(
                        try reader.withObject(item) { (bytes) throws(WireError) in try Node(.json, in: bytes) })
                }
                let token = try reader.finish().continueToken
                guard !token.isEmpty else { return nodes }
                options = options.continued(with: token)
            } catch {
                throw KubeError(attempted: "list nodes", reason: .malformed("\(error)"))
            }
        }
    }
}
