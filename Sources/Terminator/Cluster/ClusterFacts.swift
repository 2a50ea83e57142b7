internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import Synchronization
internal import YAMLTree

/// What a plan depends on beside the pod: asked when it is needed, and remembered for a while where it lasts.
final class ClusterFacts: Sendable {
    private struct Remembered {
        var value: Bool
        var at: Duration
    }

    private let api: any KubeAPI
    private let discovery: Discovery
    private let rules: MarkerRules
    private let time: Timepiece
    private let nodes = Mutex<[String: Remembered]>([:])
    private let namespaces: KnownNamespaces

    /// Labels of nodes change rarely.
    private static let lifetime = Duration.seconds(300)
    private static let limit = 10_000

    init(_ api: any KubeAPI, rules: MarkerRules, namespaces: KnownNamespaces, time: Timepiece) {
        self.api = api
        self.rules = rules
        self.namespaces = namespaces
        self.time = time
        discovery = Discovery(api, time: time)
    }

    func facts(of pod: Pod) async throws(KubeError) -> PodFacts {
        PodFacts(
            pod, rules: rules, countsKnown: namespaces.contains(pod.metadata.namespace),
            isOnVirtualNode: try await isVirtual(pod.spec.nodeName))
    }

    func isKruiseServed() async -> Bool {
        // Whoever cannot ask cannot create either.
        (try? await discovery.serves(.containerRecreateRequests)) ?? false
    }

    /// How many restarts the pod's Job still allows. A Job that is gone counts nothing any more.
    func budget(of pod: PodFacts) async throws(KubeError) -> RestartBudget {
        guard pod.restartPolicy == .onFailure, let job = pod.job, pod.isTrackedByJob else { return .unlimited }
        let key = ObjectKey(namespace: pod.key.namespace, name: job.name)
        guard let document = try await object(.jobs, key), document["metadata"]?["uid"]?.text == job.uid else {
            return .unlimited
        }
        let limit = document["spec"]?["backoffLimit"]?.text.flatMap { Int($0) } ?? Self.standardBackoffLimit
        return RestartBudget(backoffLimit: limit, of: pod, among: try await pods(of: job, in: pod.key.namespace))
    }

    private static let standardBackoffLimit = 6

    private func pods(of job: PodFacts.JobReference, in namespace: String) async throws(KubeError) -> [PodFacts] {
        var options = ListOptions()
        options.labelSelector = "\(WellKnownNames.Label.jobUID)=\(job.uid)"
        let request = APIRequest.list(.pods, namespace: namespace, options, accept: .protobuf)
        let answer = try await api.send(request)
        let encoding = ObjectEncoding(contentType: answer.headers["Content-Type"])
        var reader = ObjectListReader(encoding)
        var pods: [PodFacts] = []
        do throws(WireError) {
            reader.append(answer.body)
            while let item = try reader.next() {
                let pod = try reader.withObject(item) { (bytes) throws(WireError) in try Pod(encoding, in: bytes) }
                pods.append(PodFacts(pod, rules: rules))
            }
        } catch {
            throw KubeError(attempted: "list the Job's pods", reason: .malformed("\(error)"))
        }
        return pods
    }

    /// Whether no machine is behind the node.
    private func isVirtual(_ node: String) async throws(KubeError) -> Bool {
        guard !node.isEmpty else { return false }
        let now = time.now()
        if let known = nodes.withLock({ $0[node] }), now - known.at < Self.lifetime { return known.value }
        let labels = try await object(.nodes, ObjectKey(name: node))?["metadata"]?["labels"]
        let isVirtual = labels?[WellKnownNames.Label.nodeType]?.text == WellKnownNames.Label.virtualKubelet
        nodes.withLock { nodes in
            if nodes.count >= Self.limit { nodes.removeAll() }
            nodes[node] = Remembered(value: isVirtual, at: now)
        }
        return isVirtual
    }

    /// `nil` where it does not exist, or is not for us to see.
    private func object(_ resource: APIResource, _ key: ObjectKey) async throws(KubeError) -> YAMLNode? {
        let request = APIRequest.get(resource, key)
        let answer: APIResponse
        do throws(KubeError) { answer = try await api.send(request) } catch {
            guard let code = error.status?.code, code == 404 || code == 403 else { throw error }
            return nil
        }
        do throws(YAMLError) { return try YAMLNode(parsing: answer.body) } catch {
            throw KubeError(attempted: "GET \(request.path)", reason: .malformed("\(error)"))
        }
    }
}
