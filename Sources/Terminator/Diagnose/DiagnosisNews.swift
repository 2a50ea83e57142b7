package import KubeModel

/// What a watch of pods has to say.
package struct DiagnosisNews: Sendable, Equatable {
    /// All of them as they are now, by namespace and name.
    package var pods: [PodDiagnosis] = []
    /// Those of which something else is said than before.
    package var changed: [Change] = []
    /// Deleted; of many pods also finished, or without markers now.
    package var gone: [ObjectKey] = []
    /// Why the server cannot be followed at the moment, so that `pods` may be old; `nil` while all is well.
    package var trouble: String?

    package init() {}

    package struct Change: Sendable, Equatable {
        package var pod: PodDiagnosis
        /// What was said before; `nil` for a new pod.
        package var earlier: PodDiagnosis?

        package init(_ pod: PodDiagnosis, after earlier: PodDiagnosis? = nil) {
            self.pod = pod
            self.earlier = earlier
        }

        /// The containers of which something else is said.
        package var rows: [PodDiagnosis.Row] {
            pod.rows.filter { row in
                !(earlier?.rows.contains { $0.container == row.container && $0.steady == row.steady } ?? false)
            }
        }
    }
}
