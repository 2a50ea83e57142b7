package import PodRules

/// What is to be done about one pod now. A value: making it does nothing.
package struct Plan: Sendable, Equatable {
    package var verdict: Verdict
    /// The pod's memory once the plan is carried out.
    package var progress = Progress()
    /// One patch of the pod, together with `progress`: new images by container …
    package var images: [String: String] = [:]
    /// … container ids that the node agent is asked to stop, by container …
    package var cues: [String: String] = [:]
    /// … the label by which a held pod is found again: to be set, or to be taken away …
    package var heldLabel: Bool?
    /// … and the end of what a hold has left.
    package var setsDeadline = false
    /// Made one by one, after the patch.
    package var calls: [Call] = []
    package var announcements: [Announcement] = []
    /// The condition `SidecarTerminated` is to be set, with this result of main.
    package var conclusion: MainResult?
    /// When to look at the pod again although nothing was heard of it, in seconds.
    package var recheck: Int64?

    package enum Call: Sendable, Equatable {
        case quit(container: String, QuitEndpoint)
        /// Runs the first of these commands that the container has.
        case signal(container: String, ExecStop)
        /// One request for all of the pod's containers that need it.
        case recreate(containers: [String])
        /// Patches the pod's phase.
        case hold(phase: String)
    }

    package init(verdict: Verdict) {
        self.verdict = verdict
    }

    /// Whether the pod itself is changed, by more than a call.
    package func changesPod(_ pod: PodFacts) -> Bool {
        progress != pod.progress || pod.hasUnwrittenProgress || setsDeadline || !images.isEmpty
            || heldLabel != nil
    }
}
