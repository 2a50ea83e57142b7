internal import HTTPTransport
public import KubeClient
public import KubeModel

/// Asks a cluster about pods, and changes nothing.
public struct Diagnosis: Sendable {
    /// Which pods.
    public enum Subject: Sendable, Equatable {
        case all
        case namespace(String)
        case pod(ObjectKey)
        case job(ObjectKey)
    }

    private let api: any KubeAPI
    private let configuration: TerminatorConfiguration
    private let cluster: ClusterFacts
    private static let pageSize = 500

    public init(_ api: any KubeAPI, _ configuration: TerminatorConfiguration) {
        self.api = api
        self.configuration = configuration
        cluster = ClusterFacts(api, rules: configuration.rules, namespaces: KnownNamespaces(), time: .system)
    }

    /// - Parameter now: seconds since 1970.
    /// - Returns: by namespace and name; of many pods only those that say something of sidecars.
    public func diagnose(_ subject: Subject, now: Int64) async throws(KubeError) -> [PodDiagnosis] {
        var diagnoses: [PodDiagnosis] = []
        for pod in try await pods(subject) {
            let facts = try await cluster.facts(of: pod)
            guard !facts.sidecars.isEmpty || facts.missingPrimary != nil || !subject.isMany else { continue }
            var surroundings = ReconcilerSettings(configuration, isDryRun: true) { now }.surroundings(at: now)
            surroundings.isKruiseServed = await cluster.isKruiseServed()
            surroundings.budget = try await cluster.budget(of: facts)
            diagnoses.append(PodDiagnosis(facts, surroundings))
        }
        return diagnoses.sorted { $0.pod < $1.pod }
    }

    private func pods(_ subject: Subject) async throws(KubeError) -> [Pod] {
        switch subject {
        case .pod(let key):
            let answer = try await api.send(.get(.pods, key))
            do throws(WireError) { return [try Pod(.json, in: answer.body.span)] } catch {
                throw KubeError(attempted: "GET \(key)", reason: .malformed("\(error)"))
            }
        case .job(let key): return try await list(key.namespace, "\(WellKnownNames.Label.jobName)=\(key.name)")
        case .namespace(let name): return try await list(name, "")
        case .all: return try await list("", "")
        }
    }

    private func list(_ namespace: String, _ labels: String) async throws(KubeError) -> [Pod] {
        var options = ListOptions()
        options.labelSelector = labels
        options.limit = Self.pageSize
        var pods: [Pod] = []
        while true {
            let answer = try await api.send(.list(.pods, namespace: namespace, options, accept: .protobuf))
            let encoding = ObjectEncoding(contentType: answer.headers["Content-Type"])
            var reader = ObjectListReader(encoding)
            do throws(WireError) {
                reader.append(answer.body)
                while let item = try reader.next() {
                    pods.append(
                        try reader.withObject(item) { (bytes) throws(WireError) in try Pod(encoding, in: bytes) })
                }
                let token = try reader.finish().continueToken
                guard !token.isEmpty else { return pods }
                options = options.continued(with: token)
            } catch {
                throw KubeError(attempted: "list pods", reason: .malformed("\(error)"))
            }
        }
    }
}

extension Diagnosis.Subject {
    fileprivate var isMany: Bool {
        switch self {
        case .all, .namespace: true
        case .pod, .job: false
        }
    }
}
