internal import KubeModel
internal import PodRules

extension Ladder {
    /// Whether a rung that was not tried may be.
    func precondition(of rung: Rung, budget: inout RestartBudget) -> Standing {
        switch rung {
        case .http:
            guard sidecar.quit != nil else { return .barred("no quit endpoint is known") }
            return sidecar.isRunning ? .open : .barred("the container does not run")
        case .image: return swap(budget: &budget)
        case .crr:
            guard surroundings.isKruiseServed else { return .barred("Kruise's API is not served") }
            return signal(endsWithZero: sidecar.exitsWithZero)
        case .node:
            guard surroundings.hasNodeAgents else { return .barred("no node agent is installed") }
            return signal(endsWithZero: sidecar.exitsWithZero)
        case .exec:
            guard !pod.sharesProcesses || !sidecar.exec.command.isEmpty else {
                return .barred("process 1 of the container is not its own")
            }
            return signal(endsWithZero: sidecar.exec.exitsWithZero)
        case .hold: return canHold ? .open : .barred("no Job counts this pod")
        case .deadline: return .open
        }
    }

    /// The image a swap would put in.
    var swapImage: String? {
        pod.isOnVirtualNode
            ? sidecar.virtualNodeImage ?? surroundings.exitImage?.reference
            : surroundings.exitImage?.reference
    }

    private func swap(budget: inout RestartBudget) -> Standing {
        guard let image = swapImage else { return .barred("no exit image is configured") }
        if image == surroundings.exitImage?.reference,
            surroundings.exitImage?.runs(command: sidecar.command, searchPath: sidecar.searchPath) == false
        {
            return .barred("the exit image has no \(sidecar.command.first ?? "")")
        }
        guard !sidecar.restarts(after: 0) else { return .barred("the container is restarted whatever its exit code") }
        // Only the pod's own policy makes the Job controller count restarts; a container that never ran has none.
        guard pod.restartPolicy == .onFailure, pod.job != nil, pod.isTrackedByJob, sidecar.hasRun || isStarting else {
            return .open
        }
        switch budget.take() {
        case .granted: return .open
        case .later where waitsForBudget: return .pending(Self.budgetInterval)
        case .later, .denied: return .barred("the restart would exceed the Job's backoffLimit")
        }
    }

    /// Being created: it may run before the swap arrives.
    private var isStarting: Bool {
        switch sidecar.state {
        case .waiting(let reason): reason == "ContainerCreating" || reason == "PodInitializing" || reason.isEmpty
        case .unknown: true
        case .running, .terminated: false
        }
    }

    /// Other pods that are about to finish are waited for, but not for ever.
    private var waitsForBudget: Bool {
        guard let end = pod.mainEnd, end > 0 else { return true }
        return surroundings.now - end < Self.budgetPatience
    }

    private static let budgetInterval: Int64 = 1
    private static let budgetPatience: Int64 = 180

    /// Whether the container may be made to end with a code of its own.
    private func signal(endsWithZero: Bool) -> Standing {
        guard sidecar.isRunning else { return .barred("the container does not run") }
        if endsWithZero { return .open }
        // A pod whose main container failed is failed already.
        if result == .failed, !sidecar.restarts(after: Self.killed) { return .open }
        if sidecar.restarts(after: Self.killed) { return .barred("a non-zero exit would restart the container") }
        if sidecar.ignoresExitCode { return .barred("its exit code must not decide the pod's result") }
        return canHold ? .barred("a non-zero exit would fail the pod") : .open
    }

    /// What SIGKILL makes of a container that ignores SIGTERM.
    private static let killed: Int32 = 137
}
