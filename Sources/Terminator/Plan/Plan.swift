internal import KubeModel
internal import OperatorConfiguration
internal import PodRules

/// What is to be done about one pod now. A value: making it does nothing.
struct Plan: Sendable, Equatable {
    var verdict: Verdict
    /// The pod's memory once the plan is carried out.
    var progress = Progress()
    /// One patch of the pod, together with `progress`: new images by container …
    var images: [String: String] = [:]
    /// … container ids that the node agent is asked to stop, by container …
    var cues: [String: String] = [:]
    /// … the label by which a held pod is found again: to be set, or to be taken away …
    var heldLabel: Bool?
    /// … and, where the kubelet has not ended a pod that is said to have ended when it changed, a deadline.
    var setsDeadline = false
    /// Made one by one, after the patch.
    var calls: [Call] = []
    /// Which rungs all that is for.
    var attempts: [Attempt] = []
    var announcements: [Announcement] = []
    /// The condition `SidecarTerminated` is to be set, with this result of main.
    var conclusion: MainResult?
    /// When to look at the pod again although nothing was heard of it, in seconds.
    var recheck: Int64?
    /// The Job's restarts decide, and were not counted: it is to be made again with them.
    var lacksBudget = false
    /// Something that was begun, or is about to be, may yet end a sidecar.
    var isUnderWay = false

    struct Attempt: Sendable, Equatable {
        var container: String
        var rung: Rung
    }

    enum Call: Sendable, Equatable {
        case quit(container: String, QuitEndpoint)
        /// Runs the first of these commands that the container has.
        case signal(container: String, ExecStop)
        /// One request for all of the pod's containers that need it.
        case recreate(containers: [String])
        /// Tries the exit image in one ephemeral container for each of these, by container.
        case rehearse([String: HelperPurpose], image: String)
        /// Signals process 1 of a container from an ephemeral one, or finds out first as whom to do so.
        case debug(container: String, ExecStop, image: String)
        /// Patches the pod's phase.
        case hold(phase: String)
    }

    /// What is said of swaps that wait for their rehearsal, where nobody will rehearse them.
    var swapsOnTrial: [Announcement] {
        calls.flatMap { call in
            guard case .rehearse(let purposes, _) = call else { return [Announcement]() }
            return purposes.keys.sorted().map { .terminating(container: $0, .image) }
        }
    }

    /// The phase that the patch sets along with the memory; `nil` where it does not.
    ///
    /// A kubelet that hears of a phase by itself, with the pod's last change still to be worked on, takes it back, and the Job
    /// may have counted by then. One that sees the pod change and its phase at once ends it. Where main has failed the Job
    /// counts first.
    func phaseByPatch(of pod: PodFacts) -> String? {
        guard pod.result == .succeeded, !pod.isOnVirtualNode, changesPod(pod), !setsDeadline, images.isEmpty,
            attempts.allSatisfy({ $0.rung == .hold })
        else { return nil }
        return calls.lazy.compactMap { if case .hold(let phase) = $0 { phase } else { nil } }.first
    }

    /// Whether the pod itself is changed, by more than a call.
    func changesPod(_ pod: PodFacts) -> Bool {
        progress != pod.progress || pod.hasUnwrittenMemory || setsDeadline || !images.isEmpty
            || heldLabel != nil
    }
}

extension PodFacts {
    /// The native sidecar that keeps main from starting, unless the pod is none of our business.
    var startToTell: FailingStart? { isDisabled || isSystemPod || isBeingDeleted ? nil : failingStart }

    /// Whether it has finished, and something is still to be said of that, or to be done about it.
    var isUntold: Bool {
        let plan = Plan(for: self, verdict, in: Surroundings(now: 0))
        return plan.conclusion != nil || !plan.calls.isEmpty
    }

    /// Sidecars in whose end we had a hand, and whose codes fail the pod of a main that has succeeded: one that was to be swapped
    /// by a kubelet that was restarted before it had started the exit image, one that left with an error when it was asked to. As
    /// long as the Job has not counted the pod its phase can be held.
    fileprivate var spoilers: [ContainerFacts] {
        guard job != nil, isTrackedByJob, result == .succeeded, openSidecars.isEmpty,
            progress.holds || phase != "Succeeded"
        else { return [] }
        return sidecars.filter { sidecar in
            guard let end = sidecar.end, end.exitCode != 0, sidecar.ladder.contains(.hold) else { return false }
            let attempts = progress.attempts(of: sidecar.name)
            return attempts.contains { !$0.isRehearsal && ($0.rung == .image || !$0.hasFailed) }
                && !attempts.contains { $0.rung == .deadline || $0.rung == .hold && $0.hasFailed }
        }.sorted { $0.name < $1.name }
    }
}

extension Plan {
    /// What to do about `pod`, of which the verdict is this, in these surroundings.
    init(for pod: PodFacts, _ verdict: Verdict, in surroundings: Surroundings) {
        self.init(verdict: verdict)
        progress = pod.progress
        switch verdict {
        case .leave(.finished):
            guard !holdSpoilt(pod, at: surroundings.now) else { return }
            conclude(pod)
            nameSpoiler(of: pod)
        case .wait, .leave(.unmarked): if let failing = pod.startToTell { announcements.append(.notStarting(failing)) }
        case .leave(let reason): if reason.isMistake { announcements.append(.mistake(reason)) }
        case .done: if !holdSpoilt(pod, at: surroundings.now) { conclude(pod) }
        case .terminate(let sidecars, let result): terminate(sidecars, of: pod, result, surroundings)
        }
    }

    /// Says once that what was begun has ended. Sidecars that ended by themselves are nothing to speak of.
    private mutating func conclude(_ pod: PodFacts) {
        guard pod.openSidecars.isEmpty else { return }
        if pod.isLabelledHeld { heldLabel = false }
        guard !pod.progress.isEmpty, !pod.isConcluded, let result = pod.result else { return }
        announcements.append(.terminated(result))
        conclusion = result
    }

    /// What we have done must not fail a pod whose main has succeeded: its phase is held, and said again where the kubelet takes
    /// it back, until the Job has counted it.
    ///
    /// - Returns: whether that is the case.
    private mutating func holdSpoilt(_ pod: PodFacts, at now: Int64) -> Bool {
        let spoilers = pod.spoilers
        guard !spoilers.isEmpty else { return false }
        if pod.phase != MainResult.succeeded.phase {
            for sidecar in spoilers {
                attempts.append(Attempt(container: sidecar.name, rung: .hold))
                guard progress.attempt(.hold, of: sidecar.name) == nil else { continue }
                progress.record(.init(.hold, at: now, restarts: sidecar.restartCount), of: sidecar.name)
                announcements.append(.terminating(container: sidecar.name, .hold))
            }
            calls.append(.hold(phase: MainResult.succeeded.phase))
        }
        if !pod.isLabelledHeld { heldLabel = true }
        lookAgain(in: pod.holdInterval(at: now))
        return true
    }

    /// Main succeeded and the pod failed: whose end did that, be it that we had a hand in it or not.
    private mutating func nameSpoiler(of pod: PodFacts) {
        // Of a pod that was held the Job has counted main's result.
        guard pod.result == .succeeded, pod.phase == MainResult.failed.phase, !pod.progress.holds
        else { return }
        for sidecar in pod.sidecars.sorted(by: { $0.name < $1.name }) {
            guard let end = sidecar.end, end.exitCode != 0 else { continue }
            let rung = pod.progress.attempts(of: sidecar.name).last { !$0.hasFailed && !$0.isRehearsal }?.rung
            announcements.append(.failedBySidecar(container: sidecar.name, end, by: rung))
            // The condition remembers that it was said, also where nothing was done to the pod.
            if pod.openSidecars.isEmpty, !pod.isConcluded { conclusion = .succeeded }
        }
    }

    private mutating func terminate(
        _ sidecars: [ContainerFacts], of pod: PodFacts, _ result: MainResult, _ surroundings: Surroundings
    ) {
        var budget = surroundings.budget
        for sidecar in sidecars {
            let ladder = Ladder(pod: pod, sidecar: sidecar, result: result, surroundings: surroundings)
            let (step, obstacles) = ladder.next(budget: &budget)
            // Of a pod that is held nothing is noted while its phase may be taken back: the kubelet would go by that one.
            if !pod.progress.holds, let reason = ladder.refutation {
                progress.markFailed(.image, of: sidecar.name)
                announcements.append(.refuted(container: sidecar.name, reason))
            }
            switch step {
            case .attempt(let rung): attempt(rung, ladder, at: surroundings.now)
            case .rehearse(let number): rehearse(number, ladder, at: surroundings.now)
            case .wait(let seconds, _), .linger(let seconds): lookAgain(in: seconds)
            case .exhausted:
                announcements.append(.failed(container: sidecar.name, obstacles))
                let seconds = Patience.interval(after: ladder.sinceMainEnd ?? 0, within: Self.exhaustedInterval)
                recheck = min(recheck ?? seconds, seconds)
            }
        }
        lacksBudget = budget.isMissed
        if progress.holds, !pod.isLabelledHeld { heldLabel = true }
    }

    /// Something may change that nobody tells us: an exit image that can be pulled now, a Kruise that was installed.
    private static let exhaustedInterval: ClosedRange<Int64> = 60...300

    private mutating func attempt(_ rung: Rung, _ ladder: Ladder, at now: Int64) {
        let sidecar = ladder.sidecar
        let isRepeated =
            rung == .hold && ladder.pod.progress.holds
            || (rung == .debug || rung == .crr || rung == .deadline) && ladder.recentAttempt(rung)?.hasFailed == false
            || rung == .http && ladder.recentAttempt(rung) != nil
        attempts.append(Attempt(container: sidecar.name, rung: rung))
        if !isRepeated {
            progress.record(.init(rung, at: now, restarts: sidecar.restartCount), of: sidecar.name)
            announcements.append(.terminating(container: sidecar.name, rung))
        }
        let since = isRepeated && rung != .deadline ? ladder.recentAttempt(rung) : nil
        lookAgain(in: rung == .hold ? ladder.holdInterval : ladder.patience(for: rung, since: since))
        switch rung {
        case .http: if let quit = sidecar.quit { calls.append(.quit(container: sidecar.name, quit)) }
        case .image: images[sidecar.name] = ladder.swapImage
        case .crr: recreate(sidecar.name)
        case .node: cues[sidecar.name] = sidecar.containerID
        case .exec: calls.append(.signal(container: sidecar.name, sidecar.exec))
        case .debug:
            if let image = ladder.surroundings.exitImage?.reference {
                calls.append(.debug(container: sidecar.name, sidecar.exec, image: image))
            }
        case .hold:
            let hold = Call.hold(phase: ladder.result.phase)
            if !calls.contains(hold) { calls.append(hold) }
        // That the pod changes, be it by what we note on it, is enough for the kubelet: by its phase it has ended, so its
        // containers are, and the phase stays. A deadline could make it `Failed`, which a podFailurePolicy may heed.
        case .deadline: setsDeadline = setsDeadline || isRepeated
        }
    }

    private mutating func rehearse(_ number: Int, _ ladder: Ladder, at now: Int64) {
        guard let image = ladder.swapImage else { return }
        let sidecar = ladder.sidecar
        attempts.append(Attempt(container: sidecar.name, rung: .image))
        // One that was remembered and perhaps not begun keeps its time.
        if number > 0 || ladder.recentAttempt(.image) == nil {
            var attempt = Progress.Attempt(.image, at: now, restarts: sidecar.restartCount)
            attempt.isRehearsal = true
            progress.record(attempt, of: sidecar.name)
        }
        lookAgain(in: Rehearsal.limit)
        let purpose = HelperPurpose.rehearsal(number)
        for (index, call) in calls.enumerated() {
            guard case .rehearse(var purposes, image) = call else { continue }
            purposes[sidecar.name] = purpose
            calls[index] = .rehearse(purposes, image: image)
            return
        }
        calls.append(.rehearse([sidecar.name: purpose], image: image))
    }

    private mutating func recreate(_ container: String) {
        for (index, call) in calls.enumerated() {
            if case .recreate(let containers) = call {
                calls[index] = .recreate(containers: containers + [container])
                return
            }
        }
        calls.append(.recreate(containers: [container]))
    }

    private mutating func lookAgain(in seconds: Int64) {
        isUnderWay = true
        recheck = min(recheck ?? seconds, max(1, seconds))
    }
}
