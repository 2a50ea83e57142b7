internal import KubeClient
internal import KubeModel
internal import Logging
internal import OperatorConfiguration
internal import PodRules
internal import Telemetry

/// Carries one plan out: first the patch that remembers what is tried, then the calls.
struct PlanPerformer: Sendable {
    private let reconciler: Reconciler
    private let pod: PodFacts
    private let plan: Plan

    init(_ reconciler: Reconciler, _ pod: PodFacts, _ plan: Plan) {
        self.reconciler = reconciler
        self.pod = pod
        self.plan = plan
    }

    /// - Returns: rungs that failed at once, by container.
    func perform() async throws(KubeError) -> [(container: String, rung: Rung)] {
        if let patch = PlanRequests.patch(plan, pod) { _ = try await reconciler.api.send(patch) }
        for rung in plan.rungsByPatch { reconciler.metrics.rungs.increment(rung.rawValue, "requested") }
        if let result = plan.conclusion { try await conclude(result) }
        // After what may be refused: nothing is told that did not happen.
        reconciler.announcer.announce(plan.announcements, of: pod)
        var failed: [(String, Rung)] = []
        for call in plan.calls {
            do {
                try await perform(call)
                reconciler.metrics.rungs.increment(call.rung.rawValue, "requested")
            } catch {
                if let error = error as? KubeError, case .cancelled = error.reason { throw error }
                // A hold is renewed until it has worked; a server that is away will be back.
                if let error = error as? KubeError, call.rung == .hold || error.isTransient && !call.reachesIntoPod {
                    throw error
                }
                reconciler.metrics.rungs.increment(call.rung.rawValue, "failed")
                reconciler.logger.info(
                    "a rung failed",
                    metadata: ["pod": "\(pod.key)", "rung": "\(call.rung.rawValue)", "error": "\(error)"])
                failed += call.containers.map { ($0, call.rung) }
            }
        }
        return failed
    }

    private func conclude(_ result: MainResult) async throws(KubeError) {
        let now = reconciler.settings.clock()
        if let end = pod.mainEnd, end > 0 { reconciler.metrics.untilEnd.observe(Double(max(0, now - end))) }
        for (rung, result) in pod.progress.outcomes { reconciler.metrics.rungs.increment(rung.rawValue, result) }
        do throws(KubeError) {
            _ = try await reconciler.api.send(
                PlanRequests.conclude(pod, result, time: KubeTimeText.seconds(now)))
        } catch {
            // Gone already, with all that was to be said of it.
            guard error.status?.code == 404 else { throw error }
        }
    }

    private func perform(_ call: Plan.Call) async throws {
        switch call {
        case .quit(_, let endpoint): try await quit(endpoint)
        case .signal(let container, let stop): try await signal(container, stop)
        case .recreate(let containers):
            do throws(KubeError) {
                _ = try await reconciler.api.send(PlanRequests.recreate(pod, containers: containers))
            } catch {
                // Kruise was removed meanwhile.
                if error.status?.code == 404 { reconciler.cluster.forgetKruise() }
                // Asked before, by us or by Kruise's own controller.
                guard error.status?.reason == "AlreadyExists" else { throw error }
            }
        case .hold(let phase): _ = try await reconciler.api.send(PlanRequests.hold(pod, phase: phase))
        }
    }

    private func quit(_ endpoint: QuitEndpoint) async throws {
        switch reconciler.settings.quitVia {
        case .proxy:
            _ = try await reconciler.api.send(
                .proxy(endpoint.method, pod.key, port: endpoint.port, path: endpoint.path))
        case .portForward:
            let status = try await reconciler.streams.ask(endpoint, of: pod.key)
            guard status < 400 else { throw CallFailure(message: "\(endpoint) answers \(status)") }
        }
    }

    private func signal(_ container: String, _ stop: ExecStop) async throws {
        var last = ""
        for command in stop.commands {
            do {
                let code = try await reconciler.streams.run(command, in: container, of: pod.key)
                if code == 0 || code == Self.killed { return }
                last = "\(command[0]) exits with \(code)"
            } catch {
                if let error = error as? KubeError, case .cancelled = error.reason { throw error }
                last = "\(error)"
            }
        }
        throw CallFailure(message: last)
    }

    /// Process 1 took the one that signalled it along.
    private static let killed: Int32 = 137
}

/// Why something asked of a container did not help.
struct CallFailure: Error, CustomStringConvertible {
    var message: String
    var description: String { message }
}

extension Plan {
    /// Those that the patch of the pod itself asks for.
    fileprivate var rungsByPatch: [Rung] {
        images.map { _ in Rung.image } + cues.map { _ in Rung.node } + (setsDeadline ? [.deadline] : [])
    }
}

extension Plan.Call {
    var rung: Rung {
        switch self {
        case .quit: .http
        case .signal: .exec
        case .recreate: .crr
        case .hold: .hold
        }
    }

    /// Errors are then the node's or the container's, and may last as long as they do, whatever their code says.
    fileprivate var reachesIntoPod: Bool { rung == .http || rung == .exec }

    var containers: [String] {
        switch self {
        case .quit(let container, _), .signal(let container, _): [container]
        case .recreate(let containers): containers
        case .hold: []
        }
    }
}
