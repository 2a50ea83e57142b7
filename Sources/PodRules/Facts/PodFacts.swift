package import KubeModel

/// What a verdict needs of a pod, and no more.
package struct PodFacts: Sendable, Equatable {
    package var key = ObjectKey(name: "")
    package var uid = ""
    package var resourceVersion = ""
    package var restartPolicy = RestartPolicy.never
    package var phase = ""
    package var isBeingDeleted = false
    /// The pod's annotation says: hands off.
    package var isDisabled = false
    package var node = ""
    /// No machine is behind the node: nothing can be run or signalled there.
    package var isOnVirtualNode = false
    /// Its containers see each other's processes, or the node's: process 1 is not the container's own.
    package var sharesProcesses = false
    /// Seconds between SIGTERM and SIGKILL.
    package var grace: Int64 = 30
    package var job: JobReference?
    /// Its Job has not counted it yet.
    package var isTrackedByJob = false
    /// All restarts so far, of init containers too: what the Job's backoffLimit is compared with under `OnFailure`.
    package var restarts = 0
    /// The condition says that we have finished with it.
    package var isConcluded = false
    /// In the spec's order.
    package var containers: [ContainerFacts] = []
    /// Carries the label by which a held pod is found again.
    package var isLabelledHeld = false
    /// What was tried already.
    package var progress = Progress()
    /// More was learnt since than the pod's annotation says.
    package var hasUnwrittenProgress = false
    /// Annotations that cannot be followed, each as one sentence.
    package var findings: [String] = []
    /// An annotation names a main container that the pod does not have.
    package var missingPrimary: String?

    package init() {}

    package struct JobReference: Sendable, Hashable {
        package var name: String
        package var uid: String

        package init(name: String, uid: String) {
            self.name = name
            self.uid = uid
        }
    }

    package var mains: [ContainerFacts] { containers.filter { !$0.role.isSidecar } }
    package var sidecars: [ContainerFacts] { containers.filter { $0.role.isSidecar } }
    package var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }

    /// Whether the kubelet has finished with it: it tells of an end that the Job has counted, so it starts nothing again.
    private var isOver: Bool { isFinished && (job == nil || !isTrackedByJob) }

    /// Sidecars that keep it alive.
    package var openSidecars: [ContainerFacts] {
        sidecars.filter { isOver ? !$0.isTerminated : $0.isOpen }
    }

    /// How main ended; `nil` while one of its containers has not.
    package var result: MainResult? {
        let mains = mains
        guard !mains.isEmpty, mains.allSatisfy({ !$0.isOpen }) else { return nil }
        return mains.allSatisfy { $0.end?.exitCode == 0 } ? .succeeded : .failed
    }

    /// When the last main container ended, in seconds since 1970; `nil` while one has not.
    package var mainEnd: Int64? {
        let ends = mains.map(\.end)
        guard !ends.isEmpty, ends.allSatisfy({ $0 != nil }) else { return nil }
        return ends.compactMap { $0?.finishedAt }.max()
    }
}
