package import Basics
package import Conversion
internal import KubeClient
internal import KubeModel
package import KubeRuntime
package import PodRules
internal import YAMLTree

/// What becomes of one object that is about to be stored.
package struct AdmissionDecision: Sendable, Equatable {
    /// In one word, for metrics and logs.
    package enum Result: String, Sendable, CaseIterable {
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

    package var result: Result
    /// RFC 6902; `nil` leaves the object as it is.
    package var patch: JSONValue?
    /// For whoever sent the object.
    package var warnings: [String]
    /// The containers that became native, or got their policy back.
    package var sidecars: [String]
    /// For whoever looks at the owner.
    package var event: ClusterEvent?

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
    package func answer(to uid: String) -> AdmissionAnswer {
        AdmissionAnswer(
            uid: uid, patch: patch, warnings: warnings.map { "kpipe-sidecar: \($0)" },
            auditAnnotations: patch == nil ? [:] : [result.rawValue: sidecars.joined(separator: ",")])
    }
}

extension AdmissionDecision {
    /// Decides about one request. Pure: the same question has the same answer.
    package init(_ request: AdmissionRequest, in surroundings: AdmissionSurroundings) {
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

    /// Whether the decision about a request needs the labels of its namespace.
    package static func needsNamespace(_ request: AdmissionRequest) -> Bool {
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
package struct AdmissionSurroundings: Sendable, Equatable {
    /// The API server's; `nil` where it could not be asked.
    package var version: KubeVersion?
    /// `nil` where the namespace could not be asked, or nothing depends on it.
    package var namespace: NamespaceLabels?
    /// What makes a container a sidecar: the terminator's own rules.
    package var rules: MarkerRules
    /// Namespaces in which nothing is changed: the cluster's own, and that in which we run.
    package var excludedNamespaces: Set<String>
    /// The only namespace that is ours, where an operator restricts us.
    package var onlyNamespace: String?
    /// Say what would be done, and do nothing.
    package var isDryRun: Bool

    package init(
        version: KubeVersion?, namespace: NamespaceLabels? = nil, rules: MarkerRules = MarkerRules(),
        excludedNamespaces: Set<String> = [], onlyNamespace: String? = nil, isDryRun: Bool = false
    ) {
        self.version = version
        self.namespace = namespace
        self.rules = rules
        self.excludedNamespaces = excludedNamespaces
        self.onlyNamespace = onlyNamespace
        self.isDryRun = isDryRun
    }

    /// How pods are converted here.
    var options: ConversionOptions {
        var options = ConversionOptions()
        options.rules = rules
        options.countsKnown = namespace?.countsKnown ?? false
        options.kubeVersion = version
        return options
    }
}

/// What a namespace's labels say to us.
package struct NamespaceLabels: Sendable, Equatable {
    /// Its pods are to be converted.
    package var converts: Bool
    /// Known sidecars count there without a marker.
    package var countsKnown: Bool

    package init(converts: Bool = false, countsKnown: Bool = false) {
        self.converts = converts
        self.countsKnown = countsKnown
    }

    init(_ labels: [String: String]) {
        self.init(
            converts: labels[WellKnownNames.Label.convert] == WellKnownNames.Label.enabled,
            countsKnown: labels[WellKnownNames.Label.terminateKnown] == WellKnownNames.Label.enabled)
    }
}
