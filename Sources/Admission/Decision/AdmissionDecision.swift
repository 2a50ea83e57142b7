package import Basics
internal import KubeClient
package import KubeRuntime
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
