internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
import OperatorConfiguration
internal import PodRules
internal import Telemetry

/// Brings one pod a step further: reads it, plans, and carries the plan out. Everything it knows of a pod is in the
/// cluster, so whoever leads next goes on from there.
struct Reconciler: Sendable {
    let api: any KubeAPI
    let streams: any PodStreams
    let cluster: ClusterFacts
    let fresh: FreshPods
    let gates: JobGates
    let announcer: Announcer
    let metrics: TerminatorMetrics
    let settings: ReconcilerSettings
    let time: Timepiece
    let logger: Logger

    /// Plans refused because the pod had changed are made again at once this often, then later.
    private static let tries = 4

    func reconcile(_ key: ObjectKey) async -> WorkOutcome {
        do throws(KubeError) {
            var seen = time.now()
            for _ in 0..<Self.tries {
                let entry = fresh.take(key)
                if let entry { seen = entry.seen }
                var pod = entry?.pod
                if pod == nil { pod = try await api.pod(key) }
                guard let pod else { return .done }
                let facts = try await cluster.facts(of: pod)
                do throws(KubeError) {
                    return try await reconcile(facts, seen: seen)
                } catch {
                    guard Self.isConflict(error) else { throw error }
                    metrics.conflicts.increment()
                }
            }
            return .failed
        } catch {
            if case .cancelled = error.reason { return .done }
            metrics.failures.increment()
            logger.warning("cannot bring a pod further", metadata: ["pod": "\(key)", "error": "\(error)"])
            return .failed
        }
    }

    private func reconcile(_ pod: PodFacts, seen: Duration) async throws(KubeError) -> WorkOutcome {
        let verdict = pod.verdict
        metrics.verdicts.increment(verdict.word)
        guard pod.restartPolicy == .onFailure, let job = pod.job, case .terminate = verdict else {
            return try await act(on: pod, budget: .unlimited, seen: seen)
        }
        let result: Result<WorkOutcome, KubeError> = await gates.pass(job.uid) {
            do throws(KubeError) {
                return .success(try await act(on: pod, budget: try await cluster.budget(of: pod), seen: seen))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func act(on pod: PodFacts, budget: RestartBudget, seen: Duration) async throws(KubeError) -> WorkOutcome {
        var pod = pod
        var surroundings = settings.surroundings(at: settings.clock())
        surroundings.isKruiseServed = await cluster.isKruiseServed()
        surroundings.budget = budget
        // A rung that fails at once is followed by the next in the same visit; each is tried once, so this ends.
        for _ in Rung.allCases {
            let plan = Plan(for: pod, in: surroundings)
            if settings.isDryRun {
                announcer.announce(plan.announcements, of: pod)
                return .done
            }
            let isFirst = pod.progress.isEmpty && !plan.progress.isEmpty
            let failed = try await PlanPerformer(self, pod, plan).perform()
            if isFirst { metrics.untilRequest.observe((time.now() - seen) / .seconds(1)) }
            guard !failed.isEmpty else { return outcome(plan) }
            var progress = plan.progress
            for (container, rung) in failed { progress.markFailed(rung, of: container) }
            guard let current = try await api.pod(pod.key), current.metadata.uid == pod.uid else { return .done }
            // What was learnt is written with the next rung, on the pod as it is now.
            pod = try await cluster.facts(of: current)
            pod.progress = progress
            pod.hasUnwrittenMemory = true
        }
        return .failed
    }

    private func outcome(_ plan: Plan) -> WorkOutcome {
        plan.recheck.map { .again(after: .seconds($0)) } ?? .done
    }

    /// Somebody changed the pod since it was read.
    private static func isConflict(_ error: KubeError) -> Bool { error.status?.code == 409 }
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
    var quitVia = TerminatorConfiguration.QuitRoute.portForward
    var isDryRun = false
    /// Seconds since 1970.
    var clock: @Sendable () -> Int64

    init(_ configuration: TerminatorConfiguration, isDryRun: Bool, clock: @escaping @Sendable () -> Int64) {
        exitImage = configuration.exit
        hasNodeAgents = configuration.nodeAgent
        patience = configuration.patience.patience
        quitVia = configuration.quitVia
        self.isDryRun = isDryRun
        self.clock = clock
    }

    func surroundings(at now: Int64) -> Surroundings {
        var surroundings = Surroundings(now: now)
        surroundings.exitImage = exitImage
        surroundings.hasNodeAgents = hasNodeAgents
        surroundings.patience = patience
        return surroundings
    }
}

/// Lets one task at a time count a Job's restarts and add to them, so that two pods never spend the same one.
actor JobGates {
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

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
