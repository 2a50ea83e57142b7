public import Basics
public import KubeModel
internal import Synchronization

/// What a server serves, asked once and remembered for a while: custom resources come and go.
public final class Discovery: Sendable {
    private struct Answer<Value: Sendable>: Sendable {
        var value: Value
        var at: Duration
    }

    private struct State {
        var version: Answer<ServerVersion>?
        var groups: Answer<[String]>?
        var resources: [String: Answer<[ServedResource]>] = [:]
        /// By path: however many ask at once, the server is asked once.
        var flights: [String: SingleFlight<[ServedResource], KubeError>] = [:]
    }

    /// How old an answer may be.
    public static let lifetime = Duration.seconds(600)
    /// How old an answer may be that something is not served: it may be installed any moment.
    public static let lifetimeOfAbsence = Duration.seconds(60)

    private let api: any KubeAPI
    private let time: Timepiece
    private let state = Mutex(State())

    public init(_ api: any KubeAPI, time: Timepiece = .system) {
        self.api = api
        self.time = time
    }

    public func version() async throws(KubeError) -> ServerVersion {
        if let version = fresh(state.withLock { $0.version }) { return version }
        let version = try await ask("/version", DiscoveryDocuments.version)
        let now = time.now()
        state.withLock { $0.version = Answer(value: version, at: now) }
        return version
    }

    /// All group versions, as `v1` and `batch/v1`, the server's preferred version of each group first.
    public func groupVersions() async throws(KubeError) -> [String] {
        if let groups = fresh(state.withLock { $0.groups }) { return groups }
        let core = try await ask("/api", DiscoveryDocuments.groupVersions)
        let groups = core + (try await ask("/apis", DiscoveryDocuments.groupVersions))
        let now = time.now()
        state.withLock { $0.groups = Answer(value: groups, at: now) }
        return groups
    }

    /// The resources of one group version; none where it is not served.
    public func resources(group: String, version: String) async throws(KubeError) -> [ServedResource] {
        let path = Self.path(group, version)
        if let resources = fresh(state.withLock({ $0.resources[path] })) { return resources }
        let flight = state.withLock { state in
            if let flight = state.flights[path] { return flight }
            let flight = SingleFlight<[ServedResource], KubeError>()
            state.flights[path] = flight
            return flight
        }
        return try await flight.run { () async throws(KubeError) in
            // Whoever was first may be through by now.
            if let resources = fresh(state.withLock({ $0.resources[path] })) { return resources }
            return try await askResources(path, group, version)
        }
    }

    private func askResources(
        _ path: String, _ group: String, _ version: String
    ) async throws(KubeError) -> [ServedResource] {
        var resources: [ServedResource] = []
        do {
            resources = try await ask(path) { body throws(DiscoveryDocuments.Malformed) in
                try DiscoveryDocuments.resources(body, group: group, version: version)
            }
        } catch {
            guard error.status?.code == 404 else { throw error }
        }
        let answer = Answer(value: resources, at: time.now())
        state.withLock { $0.resources[path] = answer }
        return resources
    }

    /// Whether the server has this kind of object.
    public func serves(_ resource: APIResource) async throws(KubeError) -> Bool {
        try await resources(group: resource.group, version: resource.version).contains {
            $0.resource.plural == resource.plural
        }
    }

    /// The next question about this group version goes to the server: what it said does not hold any more.
    public func forget(group: String, version: String) {
        state.withLock { $0.resources[Self.path(group, version)] = nil }
    }

    private static func path(_ group: String, _ version: String) -> String {
        group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    }

    private func fresh<Value>(_ answer: Answer<Value>?, _ lifetime: Duration = lifetime) -> Value? {
        guard let answer, time.now() - answer.at < lifetime else { return nil }
        return answer.value
    }

    private func fresh(_ answer: Answer<[ServedResource]>?) -> [ServedResource]? {
        fresh(answer, answer?.value.isEmpty == true ? Self.lifetimeOfAbsence : Self.lifetime)
    }

    private func ask<Value>(
        _ path: String, _ read: ([UInt8]) throws(DiscoveryDocuments.Malformed) -> Value
    ) async throws(KubeError) -> Value {
        let request = APIRequest("GET", path)
        let answer = try await api.send(request)
        do { return try read(answer.body) } catch {
            throw KubeError(attempted: request.attempted, reason: .malformed(error.reason))
        }
    }
}
