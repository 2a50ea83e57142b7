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
