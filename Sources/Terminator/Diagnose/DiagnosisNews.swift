public import KubeModel

/// What a watch of pods has to say.
public struct DiagnosisNews: Sendable, Equatable {
    /// All of them as they are now, by namespace and name.
    public var pods: [PodDiagnosis] = []
    /// Those of which something else is said than before.
    public var changed: [Change] = []
    /// Deleted; of many pods also finished, or without markers now.
    public var gone: [ObjectKey] = []
    /// Why the server cannot be followed at the moment, so that `pods` may be old; `nil` while all is well.
    public var trouble: String?

    public init() {}

    public struct Change: Sendable, Equatable {
        public var pod: PodDiagnosis
        /// What was said before; `nil` for a new pod.
        public var earlier: PodDiagnosis?

        public init(_ pod: PodDiagnosis, after earlier: PodDiagnosis? = nil) {
            self.pod = pod
            self.earlier = earlier
        }

        /// The containers of which something else is said.
        public var rows: [PodDiagnosis.Row] {
            pod.rows.filter { row in
                !(earlier?.rows.contains { $0.container == row.container && $0.steady == row.steady } ?? false)
            }
        }
    }
}
