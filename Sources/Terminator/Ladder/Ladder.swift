internal import KubeModel
package import PodRules

/// Decides which rung comes next for one sidecar that keeps its pod open after main has ended.
package struct Ladder: Sendable {
    let pod: PodFacts
    let sidecar: ContainerFacts
    let result: MainResult
    let surroundings: Surroundings

    package enum Step: Sendable, Equatable {
        case attempt(Rung)
        /// Look again after that many seconds; the rung that was tried may still work, or may be tried then.
        case wait(Int64, for: Rung)
        /// Nothing is left that could be tried now.
        case exhausted
    }

    /// A rung that is not to be taken, and why.
    package struct Obstacle: Sendable, Equatable {
        package var rung: Rung
        package var reason: String
    }

    /// The next step, and what stands in the way of the rungs before it. A swap that is granted is taken from `budget`.
    package func next(budget: inout RestartBudget) -> (step: Step, obstacles: [Obstacle]) {
        if pod.progress.holds, pod.job != nil { return (stepWhileHolding(), []) }
        var obstacles: [Obstacle] = []
        for rung in rungs where rung != .hold {
            switch standing(rung, budget: &budget) {
            case .open: return (.attempt(rung), obstacles)
            case .pending(let seconds): return (.wait(seconds, for: rung), obstacles)
            case .barred(let reason): obstacles.append(Obstacle(rung: rung, reason: reason))
            }
            // A pull that failed leaves nothing running to be signalled.
            if rung == .image, hasFailed(.image), canHold { break }
        }
        guard rungs.contains(.hold) else { return (.exhausted, obstacles) }
        if canHold { return (.attempt(.hold), obstacles) }
        return (.exhausted, obstacles + [Obstacle(rung: .hold, reason: "no Job counts this pod")])
    }

    var rungs: [Rung] {
        pod.isOnVirtualNode ? sidecar.ladder.filter(Rung.onVirtualNodes.contains) : sidecar.ladder
    }

    var canHold: Bool { rungs.contains(.hold) && pod.job != nil }

    /// The phase is held until the Job has counted it; what is left then may end in any way.
    private func stepWhileHolding() -> Step {
        guard !pod.isTrackedByJob else {
            return pod.phase == result.phase ? .wait(Self.holdInterval, for: .hold) : .attempt(.hold)
        }
        var unlimited = RestartBudget.unlimited
        for rung in [Rung.image, .deadline] where rung == .deadline || rungs.contains(rung) {
            switch standing(rung, budget: &unlimited) {
            case .open: return .attempt(rung)
            case .pending(let seconds): return .wait(seconds, for: rung)
            case .barred: continue
            }
        }
        return .exhausted
    }

    /// Nothing tells us when the Job's finalizer goes: the pod has left the watch by then.
    static let holdInterval: Int64 = 1
}
