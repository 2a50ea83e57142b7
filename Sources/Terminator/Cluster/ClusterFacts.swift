internal import Basics
internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import PodRules
internal import Synchronization
internal import YAMLTree

/// What a plan depends on beside the pod: asked when it is needed, and remembered for a while where it lasts.
final class ClusterFacts: Sendable {
    private struct Remembered {
        var value: NodeKind
        var at: Duration
    }

    /// A Job's restarts, and how many it may have.
    private struct Count {
        var limit: Int
        var shares: [RestartShare]
        var at: Duration
    }

    private let api: any KubeAPI
    private let discovery: Discovery
    private let rules: MarkerRules
    private let time: Timepiece
    private let nodes = Mutex<[String: Remembered]>([:])
    private let wasKruiseServed = Mutex(false)
    private let namespaces: KnownNamespaces
    /// By namespace and Job: another namespace's pods may claim to be a Job's.
    private let counts = Mutex<[String: Count]>([:])
    private let selection: PodSelection

    /// Labels of nodes change rarely.
    private static let lifetime = Duration.seconds(300)
    private static let limit = 10_000
    /// Of a Job whose pods end together they are counted once, and not for each.
    private static let lifetimeOfCount = Duration.seconds(1)

    init(_ api: any KubeAPI, rules: MarkerRules, namespaces: KnownNamespaces, time: Timepiece) {
        self.api = api
        self.rules = rules
        self.namespaces = namespaces
        self.time = time
        discovery = Discovery(api, time: time)
        var selection = rules.selection { _ in false }
        selection.marks = nil
        self.selection = selection
    }

    /// A pod as it is now; `nil` where it does not exist.
    func pod(_ key: ObjectKey) async throws(KubeError) -> PodFacts? {
        guard let pod = try await api.pod(key) else { return nil }
        return try await onItsNode(facts(of: pod))
    }

    /// What the pod itself says, in its namespace.
    func facts(of pod: Pod) -> PodFacts {
        PodFacts(pod, rules: rules, countsKnown: namespaces.contains(pod.metadata.namespace))
    }

    /// With what its node says of it.
    func onItsNode(_ pod: PodFacts) async throws(KubeError) -> PodFacts {
        var pod = pod
        let node = try await kind(of: pod.node)
        pod.isOnVirtualNode = node == .virtual
        if node == .windows { pod.isOnWindows = true }
        return pod
    }

    /// Whether known sidecars would make a difference to the pod, if its namespace asked for them.
    func wouldCountKnown(_ pod: Pod) -> Bool {
        PodFacts(pod, rules: rules, countsKnown: true).sidecars != PodFacts(pod, rules: rules).sidecars
    }

    /// While the server cannot say, what it said last counts. Whoever may not ask cannot create either.
    func isKruiseServed() async -> Bool {
        do {
            let isServed = try await discovery.serves(.containerRecreateRequests)
            wasKruiseServed.withLock { $0 = isServed }
        } catch {}
        return wasKruiseServed.withLock { $0 }
    }

    /// A request was refused because there is no such kind of object (any more).
    func forgetKruise() {
        let resource = APIResource.containerRecreateRequests
        wasKruiseServed.withLock { $0 = false }
        discovery.forget(group: resource.group, version: resource.version)
    }

    /// How many restarts the pod's Job still allows. A Job that is gone counts nothing any more.
    func budget(of pod: PodFacts) async throws(KubeError) -> RestartBudget {
        guard pod.restartPolicy == .onFailure, let job = pod.job, pod.isTrackedByJob else { return .unlimited }
        let (place, now) = (Self.place(of: pod, job), time.now())
        if let known = counts.withLock({ $0[place] }), now - known.at < Self.lifetimeOfCount {
            return RestartBudget(backoffLimit: known.limit, of: pod, beside: known.shares)
        }
        let key = ObjectKey(namespace: pod.key.namespace, name: job.name)
        guard let document = try await object(.jobs, key), document["metadata"]?["uid"]?.text == job.uid else {
            return .unlimited
        }
        let limit = document["spec"]?["backoffLimit"]?.text.flatMap { Int($0) } ?? Self.standardBackoffLimit
        let count = Count(limit: limit, shares: try await shares(of: job, in: pod.key.namespace), at: now)
        counts.withLock { counts in
            // There are as many as Jobs were counted within a second, whose pods may be thousands: none is kept longer.
            counts = counts.filter { now - $0.value.at < Self.lifetimeOfCount }
            counts[place] = count
        }
        return RestartBudget(backoffLimit: count.limit, of: pod, beside: count.shares)
    }

    /// What the API server fills in.
    static let standardBackoffLimit = 6

    /// A pod is about to take this of its Job's budget.
    func take(_ pod: PodFacts) {
        guard let job = pod.job else { return }
        let share = RestartShare(of: pod)
        counts.withLock { counts in
            let place = Self.place(of: pod, job)
            counts[place]?.shares.removeAll { $0.uid == pod.uid }
            if let share { counts[place]?.shares.append(share) }
        }
    }

    /// The Job's restarts are others than they were.
    func forgetRestarts(of pod: PodFacts) {
        guard let job = pod.job else { return }
        counts.withLock { $0[Self.place(of: pod, job)] = nil }
    }

    private static func place(of pod: PodFacts, _ job: PodFacts.JobReference) -> String {
        "\(pod.key.namespace)/\(job.uid)"
    }

    private func shares(
        of job: PodFacts.JobReference, in namespace: String
    ) async throws(KubeError) -> [RestartShare] {
        try await api.list(.pods, namespace: namespace, labels: "\(WellKnownNames.Label.jobUID)=\(job.uid)") {
            (encoding, bytes) throws(WireError) in
            try selection.pod(encoding, in: bytes).flatMap { RestartShare(of: facts(of: $0)) }
        }
    }

    private enum NodeKind {
        case linux
        case windows
        /// No machine is behind it.
        case virtual
    }

    private func kind(of node: String) async throws(KubeError) -> NodeKind {
        guard !node.isEmpty else { return .linux }
        let now = time.now()
        if let known = nodes.withLock({ $0[node] }), now - known.at < Self.lifetime { return known.value }
        let kind = try await object(.nodes, ObjectKey(name: node)).map { node -> NodeKind in
            if VirtualNode.isOne(node) { return .virtual }
            let system = node["metadata"]?["labels"]?[WellKnownNames.Label.operatingSystem]?.text
            return system == WellKnownNames.Label.windows ? .windows : .linux
        }
        nodes.withLock { nodes in
            if nodes.count >= Self.limit { nodes.removeAll() }
            nodes[node] = Remembered(value: kind ?? .linux, at: now)
        }
        return kind ?? .linux
    }

    /// `nil` where it does not exist, or is not for us to see.
    private func object(_ resource: APIResource, _ key: ObjectKey) async throws(KubeError) -> YAMLNode? {
        do throws(KubeError) { return try await api.document(.get(resource, key)) } catch {
            guard let code = error.status?.code, code == 404 || code == 403 else { throw error }
            return nil
        }
    }
}

/// Nodes with no machine behind them, where nothing can be run or signalled.
enum VirtualNode {
    /// By the label that virtual-kubelet's own programs set, and OpenKruise goes by, or by the taint that keeps ordinary
    /// pods away. The label `kubernetes.io/role=agent` says nothing: some clouds put it on machines as well.
    static func isOne(_ node: YAMLNode) -> Bool {
        if node["metadata"]?["labels"]?[WellKnownNames.Label.nodeType]?.text == WellKnownNames.Label.virtualKubelet {
            return true
        }
        return (node["spec"]?["taints"]?.sequence ?? []).contains {
            $0["key"]?.text == WellKnownNames.Taint.virtualKubelet
        }
    }
}

extension KubeAPI {
    /// A pod as it is now; `nil` where it does not exist.
    func pod(_ key: ObjectKey) async throws(KubeError) -> Pod? { try await object(.pods, key) }

    /// What the answer to a request holds, whole.
    func document(_ request: APIRequest) async throws(KubeError) -> YAMLNode {
        let answer = try await send(request)
        do throws(YAMLError) { return try YAMLNode(parsing: answer.body) } catch {
            throw KubeError(attempted: request.attempted, reason: .malformed("\(error)"))
        }
    }

    /// The metadata of an object of any kind; `nil` where it does not exist.
    func metadata(_ resource: APIResource, _ key: ObjectKey) async throws(KubeError) -> ObjectMeta? {
        let object: PartialObject? = try await object(resource, key)
        return object?.metadata
    }

    private func object<Object: WireObject>(
        _ resource: APIResource, _ key: ObjectKey
    ) async throws(KubeError) -> Object? {
        let request = APIRequest.get(resource, key)
        let answer: APIResponse
        do throws(KubeError) { answer = try await send(request) } catch {
            guard error.status?.code == 404 else { throw error }
            return nil
        }
        do throws(WireError) { return try Object(.json, in: answer.body.span) } catch {
            throw KubeError(attempted: "GET \(request.path)", error)
        }
    }
}
