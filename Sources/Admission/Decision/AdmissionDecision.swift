internal import Basics
internal import Conversion
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import PodRules
internal import YAMLTree

/// What becomes of one object that is about to be stored.
struct AdmissionDecision: Sendable, Equatable {
    /// In one word, for metrics and logs.
    enum Result: String, Sendable, CaseIterable {
        /// Sidecars became native.
        case converted
        /// Native sidecars got back what another webhook had taken from them.
        case restored
        /// There is nothing to convert.
        case unchanged
        /// Nobody asked for it here.
        case unasked
        /// Something speaks against it: as it was, with the reason.
        case left
        /// A Job or CronJob: never changed, but told what will become of its pods.
        case advised
    }

    var result: Result
    /// RFC 6902; `nil` leaves the object as it is.
    var patch: JSONValue?
    /// For whoever sent the object.
    var warnings: [String]
    /// The containers that became native, or got their policy back.
    var sidecars: [String]
    /// For whoever looks at the owner.
    var event: ClusterEvent?

    init(
        _ result: Result, patch: JSONValue? = nil, warnings: [String] = [], sidecars: [String] = [],
        event: ClusterEvent? = nil
    ) {
        self.result = result
        self.patch = patch
        self.warnings = warnings
        self.sidecars = sidecars
        self.event = event
    }

    /// - Parameter uid: the request's.
    func answer(to uid: String) -> AdmissionAnswer {
        AdmissionAnswer(
            uid: uid, patch: patch, warnings: warnings.map { "kpipe-sidecar: \($0)" },
            auditAnnotations: patch == nil ? [:] : [result.rawValue: sidecars.joined(separator: ",")])
    }
}

extension AdmissionDecision {
    /// Decides about one request. Pure: the same question has the same answer.
    init(_ request: AdmissionRequest, in surroundings: AdmissionSurroundings) {
        guard request.subresource.isEmpty, let object = request.object else {
            self.init(.unasked)
            return
        }
        let isOurs = surroundings.onlyNamespace.map { $0 == request.namespace } ?? true
        guard isOurs, !surroundings.excludedNamespaces.contains(request.namespace) else {
            self.init(.unasked)
            return
        }
        switch (request.kind, request.operation) {
        case (.pod, "CREATE"):
            self = PodAdmission(object, in: request.namespace, surroundings).decision
            if surroundings.isDryRun { withhold() }
        case (.job, "CREATE"), (.cronJob, "CREATE"), (.cronJob, "UPDATE"):
            self = WorkloadAdvice(object, surroundings).decision
        default: self.init(.unasked)
        }
    }

    /// The same where the object has been let in as it was meanwhile: of what would have been changed that is to be told.
    func late(_ why: String, _ request: AdmissionRequest, _ surroundings: AdmissionSurroundings) -> AdmissionDecision {
        guard patch != nil, let object = request.object else { return self }
        return PodAdmission(object, in: request.namespace, surroundings).leaving(why)
    }

    /// Whether the decision about a request needs the labels of its namespace.
    static func needsNamespace(_ request: AdmissionRequest) -> Bool {
        guard request.subresource.isEmpty, request.object != nil else { return false }
        return [AdmissionRequest.Kind.pod, .job, .cronJob].contains(request.kind)
    }

    /// As if something spoke against it: where only is to be shown what would be done.
    private mutating func withhold() {
        guard patch != nil else { return }
        warnings.insert("would make native: \(sidecars.joined(separator: ", ")); this is a dry run", at: 0)
        patch = nil
        event = nil
    }
}

/// Reasons of Events on a pod's owner.
enum AdmissionEvent {
    /// Something spoke against converting a pod.
    static let left = "SidecarConversionSkipped"
    /// Another webhook had made a native sidecar an ordinary init container.
    static let restored = "SidecarPolicyRestored"
}

/// What a decision depends on beside the object.
struct AdmissionSurroundings: Sendable, Equatable {
    /// The API server's; `nil` where it could not be asked.
    var version: KubeVersion?
    /// The cluster's nodes; `nil` where they could not be asked.
    var nodes: NodeFleet? = NodeFleet()
    /// `nil` where the namespace could not be asked, or nothing depends on it.
    var namespace: NamespaceLabels?
    /// What makes a container a sidecar: the terminator's own rules.
    var rules = MarkerRules()
    /// Most seconds that a sidecar may linger, by the terminator's configuration as well.
    var lingerLimit: Int?
    /// Namespaces in which nothing is changed: the cluster's own, and that in which we run.
    var excludedNamespaces: Set<String> = []
    /// The only namespace that is ours, where an operator restricts us.
    var onlyNamespace: String?
    /// Say what would be done, and do nothing.
    var isDryRun = false

    /// How pods are converted here.
    var options: ConversionOptions {
        var options = ConversionOptions()
        options.rules = rules
        options.lingerLimit = lingerLimit
        options.countsKnown = namespace?.countsKnown ?? false
        options.kubeVersion = version
        // It may be meant otherwise; whoever sends the pod is told.
        options.countsMeant = false
        options.keepsMarked = true
        return options
    }
}

/// What a namespace's labels say to us.
struct NamespaceLabels: Sendable, Equatable {
    /// Its pods are to be converted.
    var converts = false
    /// Known sidecars count there without a marker.
    var countsKnown = false
}

extension NamespaceLabels {
    init(_ labels: [String: String]) {
        self.init(
            converts: labels[WellKnownNames.Label.convert] == WellKnownNames.Label.enabled,
            countsKnown: labels[WellKnownNames.Label.terminateKnown] == WellKnownNames.Label.enabled)
    }
}
