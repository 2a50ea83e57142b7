package import KubeModel

/// What a watch has shown of each pod. A value: the watch asks the cluster, this finds what is new.
struct DiagnosisBoard: Sendable {
    private var shown: [ObjectUID: PodDiagnosis] = [:]

    /// Pods about which time alone makes another thing true.
    var open: Set<ObjectUID> { Set(shown.filter { $0.value.isHeldOpen }.keys) }

    /// Takes in what is to be said of some pods now; `nil` for those that are gone.
    mutating func update(_ diagnoses: [ObjectUID: PodDiagnosis?]) -> DiagnosisNews {
        var news = DiagnosisNews()
        for (uid, diagnosis) in diagnoses {
            let earlier = shown[uid]
            shown[uid] = diagnosis
            if let diagnosis {
                if diagnosis.steady != earlier?.steady { news.changed.append(.init(diagnosis, after: earlier)) }
            } else if let earlier {
                news.gone.append(earlier.pod)
            }
        }
        news.pods = shown.values.sorted { $0.pod < $1.pod }
        // A namesake may have taken its place.
        news.gone = news.gone.filter { key in !news.pods.contains { $0.pod == key } }.sorted()
        news.changed.sort { $0.pod.pod < $1.pod.pod }
        return news
    }
}

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
