internal import KubeModel
internal import OperatorConfiguration
internal import PodRules

/// Decides which rung comes next for one sidecar that keeps its pod open after main has ended.
struct Ladder: Sendable {
    let pod: PodFacts
    let sidecar: ContainerFacts
    let result: MainResult
    let surroundings: Surroundings

    enum Step: Sendable, Equatable {
        case attempt(Rung)
        /// Try the exit image beside the container, for the first or second time.
        case rehearse(Int)
        /// Its last lines are waited for, so many seconds more.
        case linger(Int64)
        /// Look again after that many seconds; the rung that was tried may still work, or may be tried then.
        case wait(Int64, for: Rung)
        /// Nothing is left that could be tried now.
        case exhausted
    }

    /// A rung that is not to be taken, and why.
    struct Obstacle: Sendable, Equatable {
        var rung: Rung
        var reason: String
    }

    /// The next step, and what stands in the way of the rungs before it. A swap that is granted is taken from `budget`.
    func next(budget: inout RestartBudget) -> (step: Step, obstacles: [Obstacle]) {
        if pod.progress.holds, pod.job != nil { return (stepWhileHolding(), []) }
        if let seconds = lingering(sidecar) { return (.linger(seconds), []) }
        var obstacles: [Obstacle] = []
        for rung in rungs where rung != .hold && !isSpoilt {
            switch standing(rung, budget: &budget) {
            case .open: return (.attempt(rung), obstacles)
            case .due(let number): return (.rehearse(number), obstacles)
            case .pending(let seconds): return (.wait(seconds, for: rung), obstacles)
            case .barred(let reason): obstacles.append(Obstacle(rung: rung, reason: reason))
            }
            // A pull that failed leaves nothing running to be signalled.
            if rung == .image, hasFailed(.image), !sidecar.isRunning, canHold { break }
        }
        guard rungs.contains(.hold) else { return (.exhausted, obstacles) }
        switch standing(.hold, budget: &budget) {
        case .open, .due:
            // Of a pod that is said to have ended the kubelet ends all that runs.
            if let seconds = pod.openSidecars.compactMap(lingering).max() {
                return (.wait(seconds, for: .hold), obstacles)
            }
            return (.attempt(.hold), obstacles)
        case .pending(let seconds): return (.wait(seconds, for: .hold), obstacles)
        case .barred(let reason): return (.exhausted, obstacles + [Obstacle(rung: .hold, reason: reason)])
        }
    }

    var rungs: [Rung] {
        pod.isOnVirtualNode ? sidecar.ladder.filter(Rung.onVirtualNodes.contains) : sidecar.ladder
    }

    var canHold: Bool { rungs.contains(.hold) && pod.job != nil }

    /// A sidecar whose code must not count has ended with one that would fail the pod once the others have ended as well.
    private var isSpoilt: Bool {
        result == .succeeded && canHold && !hasFailed(.hold)
            && pod.sidecars.contains { $0.ignoresExitCode && $0.end.map { $0.exitCode != 0 } == true }
    }

    /// The phase is held until the Job has counted it, and until all has ended: as soon as the kubelet says that a counted pod
    /// runs, the Job controller takes it for one more that works, ends another in its place, and counts its restarts.
    private func stepWhileHolding() -> Step {
        guard pod.isTrackedByJob ? pod.phase == result.phase : pod.isFinished else { return .attempt(.hold) }
        // A kubelet that is told by then never changes the phase again, whatever ends how. No kubelet is behind a virtual
        // node, and of a pod that has failed the Job may heed the codes of all that have ended when it counts it.
        if pod.isTrackedByJob, result == .failed || pod.isOnVirtualNode { return .wait(holdInterval, for: .hold) }
        var unlimited = RestartBudget.unlimited
        switch standing(.deadline, budget: &unlimited) {
        case .open, .due: return .attempt(.deadline)
        case .pending(let seconds): return .wait(seconds, for: .deadline)
        case .barred: return .exhausted
        }
    }

    /// Seconds that are left of the time its author gave it after main's end; a clock that is behind adds none.
    private func lingering(_ sidecar: ContainerFacts) -> Int64? {
        guard sidecar.isRunning, pod.progress.attempts(of: sidecar.name).isEmpty, let sinceMainEnd else { return nil }
        let left = min(sidecar.linger, surroundings.lingerLimit) - sinceMainEnd
        return left > 0 ? left : nil
    }

    var holdInterval: Int64 { pod.holdInterval(at: surroundings.now) }
}

extension Ladder {
    /// How it stands with one rung.
    enum Standing: Equatable {
        /// May be tried now.
        case open
        /// May be tried once a rehearsal has been seen to go well.
        case due(Int)
        /// Was tried, or must wait: seconds until it is worth looking again.
        case pending(Int64)
        /// Cannot help, or did not.
        case barred(String)
    }

    func standing(_ rung: Rung, budget: inout RestartBudget) -> Standing {
        guard let attempt = recentAttempt(rung), !attempt.isRehearsal else {
            return precondition(of: rung, budget: &budget)
        }
        if attempt.hasFailed {
            if rung == .http, let seconds = untilAskedAgain(attempt) { return seconds > 0 ? .pending(seconds) : .open }
            let reason = surroundings.failures[sidecar.name]?[rung]
            return .barred("was tried and failed\(reason.map { ": \($0)" } ?? "")")
        }
        if hasFailed(rung) { return .barred(failureOfSwap) }
        let left = patience(for: rung, since: attempt)
        if rung == .debug { return signalling(within: left) }
        // What the kubelet did not take as a word to end the pod is followed by one that it cannot pass over.
        if rung == .deadline, left <= 0, left + patience(for: rung) > 0 { return .open }
        // The pod does not show whether Kruise was reached; to ask again changes nothing.
        if rung == .crr, left > 0, sidecar.isRunning, surroundings.isKruiseServed { return .open }
        return left > 0 ? .pending(left) : .barred("was tried; the container did not end")
    }

    /// Seconds until an attempt that is made now, or was not long ago, is taken to have led to nothing.
    func patience(for rung: Rung, since attempt: Progress.Attempt? = nil) -> Int64 {
        surroundings.patience.seconds(for: rung, grace: pod.grace) - (attempt.map(elapsed) ?? 0)
    }

    func hasFailed(_ rung: Rung) -> Bool {
        guard let attempt = recentAttempt(rung), !attempt.isRehearsal else { return false }
        return attempt.hasFailed || rung == .image && swapHasFailed(attempt)
    }

    /// Seconds until a sidecar that nobody could reach is asked once more; `nil` where that is of no use. One that had hardly
    /// started when main ended may not listen yet.
    private func untilAskedAgain(_ attempt: Progress.Attempt) -> Int64? {
        guard case .running(let start) = sidecar.state, start > 0, let end = pod.mainEnd, end - start < Self.startup,
            pod.progress.attempts(of: sidecar.name).last?.rung == .http, patience(for: .http, since: attempt) > 0
        else { return nil }
        if surroundings.unreached.contains(sidecar.name) { return Self.pause }
        return surroundings.failures[sidecar.name]?[.http] == nil ? max(0, Self.pause - elapsed(since: attempt)) : nil
    }

    private static let startup: Int64 = 10
    private static let pause: Int64 = 2

    /// An attempt that is long past and led to nothing counts no more.
    func recentAttempt(_ rung: Rung) -> Progress.Attempt? {
        pod.progress.attempt(rung, of: sidecar.name).flatMap { attempt in
            elapsed(since: attempt) > Patience.forgotten + patience(for: rung) ? nil : attempt
        }
    }

    /// A time slightly in the future is another leader's clock, one far in the future is no time at all.
    func elapsed(since attempt: Progress.Attempt) -> Int64 {
        let seconds = surroundings.now - attempt.time
        return seconds >= -Patience.skew ? max(0, seconds) : .max
    }

    /// The kubelet's words for a swap that leads nowhere: the image cannot be had, or the program cannot be started.
    private func swapHasFailed(_ attempt: Progress.Attempt) -> Bool {
        guard let reason = sidecar.waitingReason else { return false }
        // A container that never ran may still be waiting for the image it had before, or be said to.
        let isHeard =
            sidecar.hasRun || sidecar.statusImage == sidecar.image && elapsed(since: attempt) >= Self.kubeletsDelay
        if sidecar.cannotPullImage { return isHeard }
        return Self.startFailures.contains(reason)
            && (sidecar.hasRun ? sidecar.restartCount > attempt.restarts : isHeard)
    }

    /// A busy kubelet tells of the new image, and for some seconds still of what kept the old one from being pulled.
    private static let kubeletsDelay: Int64 = 10

    private static let startFailures: Set<String> = [
        "CrashLoopBackOff", "RunContainerError", "CreateContainerError", "CreateContainerConfigError",
    ]

    private var failureOfSwap: String { "the exit image does not run: \(sidecar.waitingReason ?? "")" }
}

extension Ladder {
    /// Whether a rung that was not tried may be.
    func precondition(of rung: Rung, budget: inout RestartBudget) -> Standing {
        if rung != .hold, rung != .deadline, sidecar.restarts(after: 0) {
            return .barred("the container is restarted whatever its exit code")
        }
        switch rung {
        case .http:
            guard sidecar.quit != nil else { return .barred("no quit endpoint is known") }
            guard sidecar.isRunning else { return .barred("the container does not run") }
            return mustNotDecide && !sidecar.exitsWithZero ? .barred(Self.ignored) : .open
        case .image: return swap(budget: &budget)
        case .crr:
            guard surroundings.isKruiseServed else { return .barred("Kruise's API is not served") }
            return signal(endsWithZero: endsWithZeroOnTerm)
        case .node:
            guard surroundings.hasNodeAgents else { return .barred("no node agent is installed") }
            return signal(endsWithZero: endsWithZeroOnTerm)
        case .exec:
            guard !pod.sharesProcesses || !sidecar.exec.command.isEmpty else {
                return .barred(Self.sharedProcesses)
            }
            return signal(endsWithZero: sidecar.exec.exitsWithZero || sidecar.exec.isTerm && endsWithZeroOnTerm)
        case .debug:
            if let reason = reasonAgainstHelpers ?? (pod.sharesProcesses ? Self.sharedProcesses : nil) {
                return .barred(reason)
            }
            // A command of its own is for a shell in it.
            return sidecar.exec.isTerm || !sidecar.exec.command.isEmpty
                ? signal(endsWithZero: endsWithZeroOnTerm) : signal(endsWithZero: sidecar.exec.exitsWithZero)
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

    private static let sharedProcesses = "process 1 of the container is not its own"

    /// It is known to, or was seen to in another pod. What is to be told apart from SIGTERM is not meant by either.
    private var endsWithZeroOnTerm: Bool { sidecar.exitsWithZero || surroundings.learned.contains(sidecar.name) }

    /// What is in the way of an ephemeral container with the exit image.
    private var reasonAgainstHelpers: String? {
        if surroundings.exitImage == nil { return "no exit image is configured" }
        return pod.isOnWindows ? "the node runs Windows" : nil
    }

    private func swap(budget: inout RestartBudget) -> Standing {
        guard let image = swapImage else { return .barred("no exit image is configured") }
        if image == surroundings.exitImage?.reference,
            surroundings.exitImage?.runs(command: sidecar.command, searchPath: sidecar.searchPath) == false
        {
            return .barred("the exit image has no \(sidecar.command.first ?? "")")
        }
        // The run that is killed ends with any code.
        guard !sidecar.mayRestartAll else { return .barred(Self.restartsAll) }
        // On a virtual node it is made as Kruise makes it: nothing could be tried there first.
        var state = RehearsalState.over(.passed)
        if !pod.isOnVirtualNode {
            if let reason = reasonAgainstHelpers { return .barred(reason) }
            if let mount = surroundings.exitImage?.mount(overProgramOf: sidecar) {
                return .barred("a volume lies at \(mount), over the program that would be started")
            }
            state = rehearsal
            if case .over(.failed(let reason)) = state { return .barred("the exit image \(reason)") }
        }
        // Only the pod's own policy makes the Job controller count restarts; a container that never ran has none.
        if pod.restartPolicy == .onFailure, pod.job != nil, pod.isTrackedByJob, sidecar.hasRun || isStarting {
            switch budget.take() {
            case .granted: break
            case .later where waitsForBudget:
                return .pending(Patience.interval(after: sinceMainEnd ?? .max, within: 1...Self.longestInterval))
            case .later, .denied: return .barred("the restart would exceed the Job's backoffLimit")
            }
        }
        switch state {
        case .over: return .open
        case .underWay(let seconds): return .pending(seconds)
        case .due(let number): return .due(number)
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
    private var waitsForBudget: Bool { sinceMainEnd.map { $0 < Self.budgetPatience } ?? true }

    /// Seconds; `nil` where the pod does not say when that was.
    var sinceMainEnd: Int64? { pod.mainEnd.flatMap { $0 > 0 ? max(0, surroundings.now - $0) : nil } }

    private static let budgetPatience: Int64 = 180
    /// Between two looks at what another pod's visit tells of as well.
    static let longestInterval: Int64 = 15

    /// Whether the container may be made to end with a code of its own.
    private func signal(endsWithZero: Bool) -> Standing {
        guard sidecar.isRunning else { return .barred("the container does not run") }
        if endsWithZero { return .open }
        guard !sidecar.mayRestartAll else { return .barred(Self.restartsAll) }
        if sidecar.restarts(after: Self.killed) { return .barred("a non-zero exit would restart the container") }
        guard mayDecide else { return .open }
        if mustNotDecide { return .barred(Self.ignored) }
        // An operator who leaves `hold` out of the ladder wants the signal; where only the Job is missing nobody does.
        guard rungs.contains(.hold) else { return .open }
        return .barred(
            result == .failed
                ? "a non-zero exit could decide what the Job makes of main's failure"
                : "a non-zero exit would fail the pod")
    }

    /// A pod whose main container failed is failed already; but what its Job makes of that may be up to the exit codes of
    /// all containers (podFailurePolicy), which a hold keeps out of it.
    private var mayDecide: Bool { result == .succeeded || canHold && !hasFailed(.hold) }

    /// Its exit code is to be ignored, and could count.
    private var mustNotDecide: Bool { sidecar.ignoresExitCode && mayDecide }

    private static let restartsAll = "a rule of the container may start all others again, main too"
    private static let ignored = "its exit code must not decide the pod's result"
    /// What SIGKILL makes of a container that ignores SIGTERM.
    private static let killed: Int32 = 137
}

/// What the cluster offers and what time it is: all that a plan depends on beside the pod.
package struct Surroundings: Sendable, Equatable {
    /// Seconds since 1970.
    var now: Int64
    var exitImage: ExitImage?
    /// Whether ContainerRecreateRequests are served.
    var isKruiseServed = false
    /// Whether our node agent runs.
    var hasNodeAgents = false
    var budget = RestartBudget.unlimited
    var patience = Patience()
    /// How rehearsals in other pods went that are like one of these containers in all that decides.
    var remembered: [String: Rehearsal] = [:]
    /// Containers for which this pod or another is rehearsing just now.
    var rehearsing: Set<String> = []
    /// Containers whose like were seen to end with 0 on SIGTERM.
    var learned: Set<String> = []
    /// Most seconds that a sidecar is left alone after main's end.
    var lingerLimit: Int64 = 300
    /// Why rungs failed a moment ago, by container.
    var failures: [String: [Rung: String]] = [:]
    /// Containers of which nothing listened when they were asked a moment ago.
    var unreached: Set<String> = []

    package init(now: Int64) {
        self.now = now
    }
}

extension ContainerFacts {
    /// It waits for an image that cannot be had, by the kubelet's words.
    var cannotPullImage: Bool { waitingReason.map(Self.pullFailures.contains) ?? false }

    private static let pullFailures: Set<String> = [
        "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
        "RegistryUnavailable", "SignatureValidationFailed",
    ]
}
