internal import KubeModel
internal import OperatorConfiguration
internal import PodRules

extension Ladder {
    /// How it stands with one rung.
    enum Standing: Equatable {
        /// May be tried now.
        case open
        /// Was tried, or must wait: seconds until it is worth looking again.
        case pending(Int64)
        /// Cannot help, or did not.
        case barred(String)
    }

    func standing(_ rung: Rung, budget: inout RestartBudget) -> Standing {
        guard let attempt = recentAttempt(rung) else { return precondition(of: rung, budget: &budget) }
        if hasFailed(rung) { return .barred(attempt.hasFailed ? "was tried and failed" : failureOfSwap) }
        let left = surroundings.patience.seconds(for: rung, grace: pod.grace) - elapsed(since: attempt)
        return left > 0 ? .pending(left) : .barred("was tried; the container did not end")
    }

    func hasFailed(_ rung: Rung) -> Bool {
        guard let attempt = recentAttempt(rung) else { return false }
        return attempt.hasFailed || rung == .image && swapHasFailed(attempt)
    }

    /// An attempt that is long past and led to nothing counts no more.
    private func recentAttempt(_ rung: Rung) -> Progress.Attempt? {
        pod.progress.attempt(rung, of: sidecar.name).flatMap { attempt in
            elapsed(since: attempt) > Patience.forgotten + surroundings.patience.seconds(for: rung, grace: pod.grace)
                ? nil : attempt
        }
    }

    /// A time slightly in the future is another leader's clock, one far in the future is no time at all.
    private func elapsed(since attempt: Progress.Attempt) -> Int64 {
        if attempt.time <= surroundings.now { return surroundings.now - attempt.time }
        return attempt.time - surroundings.now <= Patience.skew ? 0 : .max
    }

    /// The kubelet's words for a swap that leads nowhere: the image cannot be had, or the program cannot be started.
    private func swapHasFailed(_ attempt: Progress.Attempt) -> Bool {
        guard let reason = sidecar.waitingReason else { return false }
        if Self.pullFailures.contains(reason) {
            // A container that never ran may still be waiting for the image it had before.
            return sidecar.hasRun || sidecar.statusImage == sidecar.image && elapsed(since: attempt) > 1
        }
        return Self.startFailures.contains(reason) && sidecar.restartCount > attempt.restarts
    }

    private static let pullFailures: Set<String> = [
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
        "RegistryUnavailable", "SignatureValidationFailed",
    ]
    private static let startFailures: Set<String> = [
        "CrashLoopBackOff", "RunContainerError", "CreateContainerError", "CreateContainerConfigError",
    ]

    private var failureOfSwap: String { "the exit image does not run: \(sidecar.waitingReason ?? "")" }
}
