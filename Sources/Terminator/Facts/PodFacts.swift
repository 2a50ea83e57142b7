public import KubeModel

/// What a verdict needs of a pod, and no more.
public struct PodFacts: Sendable, Equatable {
    public var key = ObjectKey(name: "")
    public var uid = ""
    public var resourceVersion = ""
    public var restartPolicy = RestartPolicy.never
    public var phase = ""
    public var isBeingDeleted = false
    /// The pod's annotation says: hands off.
    public var isDisabled = false
    public var node = ""
    /// No machine is behind the node: nothing can be run or signalled there.
    public var isOnVirtualNode = false
    /// Its containers see each other's processes, or the node's: process 1 is not the container's own.
    public var sharesProcesses = false
    /// Seconds between SIGTERM and SIGKILL.
    public var grace: Int64 = 30
    public var job: JobReference?
    /// Its Job has not counted it yet.
    public var isTrackedByJob = false
    /// All restarts so far, of init containers too: what the Job's backoffLimit is compared with under `OnFailure`.
    public var restarts = 0
    /// The condition says that we have finished with it.
    public var isConcluded = false
    /// In the spec's order.
    public var containers: [ContainerFacts] = []
    /// Carries the label by which a held pod is found again.
    public var isLabelledHeld = false
    /// What was tried already.
    public var progress = Progress()
    /// More was learnt since than the pod's annotation says.
    public var hasUnwrittenProgress = false
    /// Annotations that cannot be followed, each as one sentence.
    public var findings: [String] = []
    /// An annotation names a main container that the pod does not have.
    public var missingPrimary: String?

    public init() {}

    public struct JobReference: Sendable, Hashable {
        public var name: String
        public var uid: String

        public init(name: String, uid: String) {
            self.name = name
            self.uid = uid
        }
    }

    public var mains: [ContainerFacts] { containers.filter { !$0.role.isSidecar } }
    public var sidecars: [ContainerFacts] { containers.filter { $0.role.isSidecar } }
    public var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }

    /// Whether the kubelet has finished with it: it tells of an end that the Job has counted, so it starts nothing again.
    private var isOver: Bool { isFinished && (job == nil || !isTrackedByJob) }

    /// Sidecars that keep it alive.
    public var openSidecars: [ContainerFacts] {
        sidecars.filter { isOver ? !$0.isTerminated : $0.isOpen }
    }

    /// How main ended; `nil` while one of its containers has not.
    public var result: MainResult? {
        let mains = mains
        guard !mains.isEmpty, mains.allSatisfy({ !$0.isOpen }) else { return nil }
        return mains.allSatisfy { $0.end?.exitCode == 0 } ? .succeeded : .failed
    }

    /// When the last main container ended, in seconds since 1970; `nil` while one has not.
    public var mainEnd: Int64? {
        let ends = mains.map(\.end)
        guard !ends.isEmpty, ends.allSatisfy({ $0 != nil }) else { return nil }
        return ends.compactMap { $0?.finishedAt }.max()
    }
}
