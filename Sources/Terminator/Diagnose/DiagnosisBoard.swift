internal import KubeModel

/// What a watch has told of each pod. A value: the watch asks the cluster, this finds what is new.
struct DiagnosisBoard: Sendable {
    private var told: [ObjectUID: PodDiagnosis] = [:]

    /// Pods about which time alone makes another thing true.
    var open: Set<ObjectUID> { Set(told.filter { $0.value.isHeldOpen }.keys) }

    /// Takes in what is to be said of some pods now; `nil` for those that are gone.
    mutating func update(_ diagnoses: [ObjectUID: PodDiagnosis?]) -> DiagnosisNews {
        var news = DiagnosisNews()
        for (uid, diagnosis) in diagnoses {
            let earlier = told[uid]
            told[uid] = diagnosis
            if let diagnosis {
                if diagnosis.steady != earlier?.steady { news.changed.append(.init(diagnosis, after: earlier)) }
            } else if let earlier {
                news.gone.append(earlier.pod)
            }
        }
        news.pods = told.values.sorted { $0.pod < $1.pod }
        // A namesake may have taken its place.
        news.gone = news.gone.filter { key in !news.pods.contains { $0.pod == key } }.sorted()
        news.changed.sort { $0.pod.pod < $1.pod.pod }
        return news
    }
}
