internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
import OperatorConfiguration
internal import PodRules
internal import Telemetry

/// Brings one pod a step further: reads it, judges it, plans, and has the plan carried out. Everything it knows of a pod is
/// in the cluster, so whoever leads next goes on from there.
struct Reconciler: Sendable {
    let cluster: ClusterFacts
    let performer: PlanPerformer
    let rehearsals: RehearsalMemory
    let lessons = TermMemory()
    let gates = JobGates()
    /// Calls for another look at a pod.
    let wake: @Sendable (ObjectKey) -> Void
    let metrics: TerminatorMetrics
    let settings: ReconcilerSettings
    let time: Timepiece
    let logger: Logger

    /// Plans refused because the pod had changed are made again at once this often, then later.
    private static let tries = 4

    /// Visits the pod until nothing is under way there any more, for whoever will not come again.
    func finish(_ key: ObjectKey, _ sighting: PodSighting?) async -> WorkOutcome {
        let start = time.now()
        var outcome = await visit(key, sighting)
        while outcome != .done, time.now() - start < Self.longestFinish, !Task.isCancelled {
            // No watch tells it of anything.
            let pause = Patience.interval(
                after: (time.now() - start).components.seconds, within: 1...Ladder.longestInterval)
            try? await time.sleep(time.now() + .seconds(pause))
            outcome = await visit(key, nil)
        }
        return .done
    }

    private static let longestFinish = Duration.seconds(600)

    /// - Parameter sighting: the pod as it was told last; `nil`: it is read.
    func visit(_ key: ObjectKey, _ sighting: PodSighting?) async -> WorkOutcome {
        do throws(KubeError) {
            var sighting = sighting
            let seen = sighting?.time ?? time.now()
            for _ in 0..<Self.tries {
                do throws(KubeError) {
                    if let told = sighting {
                        let pod = try await cluster.onItsNode(told.pod)
                        return try await visit(pod, told.verdict, seen: seen)
                    }
                    guard let pod = try await cluster.pod(key) else { return isGone(key) }
                    return try await visit(pod, pod.verdict, seen: seen)
                } catch {
                    switch error.status?.code {
                    case 404: return isGone(key)
                    // Somebody changed it since it was read.
                    case 409: metrics.conflicts.increment()
                    default: throw error
                    }
                }
                sighting = nil
            }
            return .failed
        } catch {
            if case .cancelled = error.reason { return .done }
            metrics.failures.increment()
            logger.warning("cannot reconcile pod", metadata: ["pod": "\(key)", "error": "\(error)"])
            return .failed
        }
    }

    /// Nothing is left to be done, but for those that wait to hear how the exit image does in that pod.
    private func isGone(_ pod: ObjectKey) -> WorkOutcome {
        rehearsals.giveUp(pod)
        return .done
    }

    private func visit(_ pod: PodFacts, _ verdict: Verdict, seen: Duration) async throws(KubeError) -> WorkOutcome {
        metrics.verdicts.increment(verdict.word)
        var surroundings = settings.surroundings(at: settings.clock())
        surroundings.isKruiseServed = await cluster.isKruiseServed()
        var look = Look(pod: pod, verdict: verdict, surroundings: surroundings, written: pod.memory, seen: seen)
        guard pod.restartPolicy == .onFailure, let job = pod.job else { return try await act(&look) ?? .failed }
        guard case .terminate = verdict else {
            // Its restarts count no more, which another may have waited for.
            cluster.forgetRestarts(of: pod)
            if let other = await gates.leave(pod.key, job.uid) { wake(other) }
            return try await act(&look) ?? .failed
        }
        look.surroundings.budget = .unknown
        if let outcome = try await act(&look) { return outcome }
        let begun = look
        let result: Result<WorkOutcome, KubeError> = await gates.pass(job.uid) {
            do throws(KubeError) {
                var (look, budget) = (begun, try await cluster.budget(of: begun.pod))
                look.surroundings.budget = budget
                look.surroundings.now = settings.clock()
                let outcome = try await act(&look) ?? .failed
                if budget.take() == .later, outcome != .done { await gates.wait(pod.key, job.uid) }
                return .success(outcome)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// One look at a pod, which a rung that fails at once makes longer.
    private struct Look {
        var pod: PodFacts
        var verdict: Verdict
        var surroundings: Surroundings
        /// The pod's memory, as it was read or written last.
        var written: String
        let seen: Duration
    }

    /// - Returns: `nil` where the Job's restarts have to be counted before it goes on.
    private func act(_ look: inout Look) async throws(KubeError) -> WorkOutcome? {
        // A rung that fails at once is followed by the next in the same visit; each is tried once, so this ends.
        for _ in Rung.allCases {
            let (pod, verdict) = (look.pod, look.verdict)
            rehearsals.consult(pod, &look.surroundings)
            lessons.consult(pod, &look.surroundings)
            let plan = Plan(for: pod, verdict, in: look.surroundings)
            if plan.lacksBudget { return nil }
            if settings.isDryRun {
                performer.announcer.announce(plan.announcements + plan.swapsOnTrial, of: pod)
                return .done
            }
            let isFirst = pod.progress.isEmpty && !plan.progress.isEmpty
            rehearsals.note(plan, of: pod, look.surroundings)
            lessons.note(plan, of: pod)
            if !plan.images.isEmpty {
                var swapped = pod
                swapped.progress = plan.progress
                cluster.take(swapped)
            }
            let outcome: PlanPerformer.Outcome
            do throws(KubeError) { outcome = try await performer.perform(plan, on: pod) } catch {
                giveUp(pod)
                throw error
            }
            if isFirst { metrics.untilRequest.observe((time.now() - look.seen) / .seconds(1)) }
            guard !outcome.failures.isEmpty else {
                if settings.isOnce, !plan.isUnderWay { return .done }
                return plan.recheck.map { .again(after: .seconds($0)) } ?? .done
            }
            if outcome.failures.contains(where: { $0.rung == .crr && $0.code == 404 }) { cluster.forgetKruise() }
            giveUp(pod)
            let progress = plan.progress(after: outcome, of: pod)
            if outcome.isCarriedOut, plan.changesPod(pod) { look.written = plan.progress.description }
            guard var current = try await cluster.pod(pod.key), current.uid == pod.uid else { return .done }
            if current.memory == look.written {
                // What was learnt is written with the next rung, on the pod as it is now.
                current.progress = progress
                current.hasUnwrittenMemory = true
            } else {
                // Decided about as it was before: somebody has gone on meanwhile, perhaps we.
                look.written = current.memory
            }
            for failure in outcome.failures {
                look.surroundings.failures[failure.container, default: [:]][failure.rung] = failure.reason
                if failure.isUnreached { look.surroundings.unreached.insert(failure.container) }
            }
            (look.pod, look.verdict) = (current, current.verdict)
        }
        return .failed
    }

    /// Not all of what was planned has been done.
    private func giveUp(_ pod: PodFacts) {
        rehearsals.giveUp(pod.key)
        cluster.forgetRestarts(of: pod)
    }
}

extension Plan {
    /// What is to be remembered when some of it has failed.
    fileprivate func progress(after outcome: PlanPerformer.Outcome, of pod: PodFacts) -> Progress {
        var memory = outcome.isCarriedOut ? progress : pod.progress
        for failure in outcome.failures {
            if let attempt = progress.attempt(failure.rung, of: failure.container) {
                memory.record(attempt, of: failure.container)
            }
            memory.markFailed(failure.rung, of: failure.container)
        }
        return memory
    }
}

extension Verdict {
    /// In metrics.
    var word: String {
        switch self {
        case .leave: "leave"
        case .wait: "wait"
        case .terminate: "terminate"
        case .done: "done"
        }
    }
}

/// What holds for all pods, as long as the process runs.
struct ReconcilerSettings: Sendable {
    var exitImage: ExitImage?
    var hasNodeAgents = false
    var patience = Patience()
    var lingerLimit: Int64 = 0
    var isDryRun = false
    /// Nobody will look again: what is begun is seen through, and nothing else waited for.
    var isOnce = false
    /// Seconds since 1970.
    var clock: @Sendable () -> Int64

    init(_ configuration: TerminatorConfiguration, _ options: TerminatorOptions, clock: @escaping @Sendable () -> Int64)
    {
        exitImage = configuration.exit
        hasNodeAgents = configuration.nodeAgent
        patience = configuration.patience.patience
        lingerLimit = configuration.lingerLimit.components.seconds
        isDryRun = options.isDryRun
        isOnce = options.isOnce
        self.clock = clock
    }

    func surroundings(at now: Int64) -> Surroundings {
        var surroundings = Surroundings(now: now)
        surroundings.exitImage = exitImage
        surroundings.hasNodeAgents = hasNodeAgents
        surroundings.patience = patience
        surroundings.lingerLimit = lingerLimit
        return surroundings
    }
}

/// Lets one task at a time count a Job's restarts and add to them, so that two pods never spend the same one.
actor JobGates {
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]
    /// Pods of a Job that may go on when another of them has ended.
    private var patient: [String: Set<ObjectKey>] = [:]

    /// Jobs of which that is remembered; the pods of others are looked at now and then all the same.
    private static let limit = 4096

    func wait(_ pod: ObjectKey, _ job: String) {
        if patient.count >= Self.limit, patient[job] == nil { patient = [:] }
        patient[job, default: []].insert(pod)
    }

    /// - Returns: one that has waited for that.
    func leave(_ pod: ObjectKey, _ job: String) -> ObjectKey? {
        patient[job]?.remove(pod)
        let next = patient[job]?.popFirst()
        if patient[job]?.isEmpty == true { patient[job] = nil }
        return next
    }

    /// Runs `body` when no other runs for the Job with that uid.
    nonisolated func pass<Value: Sendable>(
        _ job: String, _ body: @Sendable () async throws -> Value
    ) async rethrows -> Value {
        await enter(job)
        do {
            let value = try await body()
            await leave(job)
            return value
        } catch {
            await leave(job)
            throw error
        }
    }

    private func enter(_ job: String) async {
        guard waiting[job] != nil else {
            waiting[job] = []
            return
        }
        await withCheckedContinuation { waiting[job, default: []].append($0) }
    }

    private func leave(_ job: String) {
        guard var queue = waiting[job], !queue.isEmpty else {
            waiting[job] = nil
            return
        }
        let next = queue.removeFirst()
        waiting[job] = queue
        next.resume()
    }
}
