package import KubeModel
internal import YAMLTree

/// The answer to one question about pods.
package struct DiagnosisReport: Sendable, Equatable {
    /// Where a Job was asked about that is still there.
    package var job: JobDiagnosis?
    /// By namespace and name; of many pods only those that say something of sidecars and have not finished.
    package var pods: [PodDiagnosis]
    /// Pods that were asked about one by one, or with their Job, are explained in full.
    package var isDetailed: Bool

    package init(job: JobDiagnosis? = nil, pods: [PodDiagnosis], isDetailed: Bool) {
        self.job = job
        self.pods = pods
        self.isDetailed = isDetailed
    }
}

/// How it stands with a Job, beside its pods.
package struct JobDiagnosis: Sendable, Equatable {
    package var job: ObjectKey
    /// `true` once it has completed or failed.
    package var isFinished: Bool
    /// One sentence.
    package var verdict: String

    init(_ key: ObjectKey, _ document: YAMLNode) {
        job = key
        let spec = document["spec"]
        let status = document["status"]
        let number = { (node: YAMLNode?, name: String) in node?[name]?.text.flatMap { Int($0) } }
        let condition = { (type: String) in
            (status?["conditions"]?.sequence ?? []).first { $0["type"]?.text == type && $0["status"]?.text == "True" }
        }
        if condition("Complete") != nil {
            isFinished = true
            verdict = "complete"
        } else if let failed = condition("Failed") {
            isFinished = true
            verdict = "failed: \(Self.words(failed))"
        } else if let failing = condition("FailureTarget") {
            isFinished = false
            verdict = "about to fail, once its pods have ended: \(Self.words(failing))"
        } else if spec?["suspend"]?.text == "true" {
            isFinished = false
            verdict = "suspended: nobody makes pods for it"
        } else {
            isFinished = false
            let wanted = number(spec, "completions") ?? number(spec, "parallelism") ?? 1
            let failures = number(status, "failed") ?? 0
            let limit = number(spec, "backoffLimit") ?? ClusterFacts.standardBackoffLimit
            verdict =
                "not complete: \(number(status, "succeeded") ?? 0) of \(wanted) succeeded, "
                + "\(number(status, "active") ?? 0) active, \(failures) failed (backoffLimit \(limit))"
        }
    }

    private static func words(_ condition: YAMLNode) -> String {
        [condition["reason"]?.text, condition["message"]?.text].compactMap { $0?.isEmpty == false ? $0 : nil }
            .joined(separator: ": ")
    }
}
