internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import Logging
internal import OperatorConfiguration
internal import PodRules
internal import Telemetry
internal import YAMLTree

/// Carries plans out: first the patch that remembers what is tried, then the calls.
struct PlanPerformer: Sendable {
    let api: any KubeAPI
    let streams: any PodStreams
    let quitVia: TerminatorConfiguration.QuitRoute
    let announcer: Announcer
    let metrics: TerminatorMetrics
    /// Seconds since 1970.
    let clock: @Sendable () -> Int64
    let logger: Logger

    /// What became of a plan.
    struct Outcome: Sendable {
        /// Whether the patch was made: where it was refused, nothing else was done either.
        var isCarriedOut = true
        /// Rungs that failed at once.
        var failures: [Failure] = []
    }

    struct Failure: Sendable {
        var container: String
        var rung: Rung
        var reason: String
        /// Of the server's answer.
        var code: Int?
        /// Nothing listened, yet or at all.
        var isUnreached = false
    }

    /// - Throws: what may be different when the same is tried later.
    func perform(_ plan: Plan, on pod: PodFacts) async throws(KubeError) -> Outcome {
        if let refusal = try await patch(pod, by: plan) {
            // Of what the patch asks for itself the server may have an opinion, else it is about the pod.
            let rehearsed = plan.rehearsed
            let own = plan.attempts.filter { $0.rung.isMadeByPatch && !rehearsed.contains($0.container) }
            let failures = (own.isEmpty ? plan.attempts : own).map { failure($0, refusal, refusal.status?.code) }
            for failure in failures { tell(failure, of: pod) }
            if !failures.isEmpty { return Outcome(isCarriedOut: false, failures: failures) }
        }
        for rung in plan.rungsByPatch { metrics.rungs.increment(rung.rawValue, "requested") }
        if let result = plan.conclusion { try await conclude(pod, result) }
        // After what may be refused: nothing is announced that did not happen.
        announcer.announce(plan.announcements, of: pod)
        var failures: [Failure] = []
        let isHeld = plan.phaseByPatch(of: pod) != nil
        for call in plan.calls {
            do {
                if !isHeld { try await perform(call, of: plan, on: pod) }
                // A hold is said again each second.
                if plan.begins(call) { metrics.rungs.increment(call.rung.rawValue, "requested") }
            } catch {
                let missed = (error as? RequestWithout)?.containers
                var failed = plan.attempts(of: call).filter { missed?.contains($0.container) ?? true }
                    .map { failure($0, error, (error as? KubeError)?.status?.code) }
                if call.rung == .http, (error as? KubeError)?.isUnreached == true {
                    for index in failed.indices { failed[index].isUnreached = true }
                }
                guard let error = error as? KubeError else {
                    failures += failed
                    continue
                }
                if case .cancelled = error.reason { throw error }
                // A server that is away will be back. Of what is inside a pod its words say nothing.
                if !call.reachesIntoPod, error.isTransient || !error.isRefusal && call.isAboutPod { throw error }
                failures += failed
            }
        }
        for failure in failures { tell(failure, of: pod) }
        return Outcome(failures: failures)
    }

    private func failure(_ attempt: Plan.Attempt, _ error: any Error, _ code: Int?) -> Failure {
        Failure(container: attempt.container, rung: attempt.rung, reason: "\(error)", code: code)
    }

    private func tell(_ failure: Failure, of pod: PodFacts) {
        // That nobody listens yet is found again and again.
        if pod.progress.attempt(failure.rung, of: failure.container)?.hasFailed == true, failure.isUnreached { return }
        metrics.rungs.increment(failure.rung.rawValue, "failed")
        logger.info(
            "rung failed",
            metadata: [
                "pod": "\(pod.key)", "container": "\(failure.container)", "rung": "\(failure.rung.rawValue)",
                "error": "\(failure.reason)",
            ])
    }

    /// - Returns: why the server will not have it, now or later.
    private func patch(_ pod: PodFacts, by plan: Plan) async throws(KubeError) -> KubeError? {
        guard let patch = PlanRequests.patch(plan, pod) else { return nil }
        do throws(KubeError) {
            _ = try await api.send(patch)
            return nil
        } catch {
            guard error.isRefusal else { throw error }
            logger.info("patch of pod refused", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
            return error
        }
    }

    private func conclude(_ pod: PodFacts, _ result: MainResult) async throws(KubeError) {
        do throws(KubeError) {
            _ = try await api.send(PlanRequests.conclude(pod, result, time: KubeTimeText.seconds(clock())))
        } catch {
            // Gone already, with all that was to be said of it; or nobody may say it there.
            guard error.status?.code == 404 || error.isRefusal else { throw error }
        }
        // Once: what fails is concluded again.
        if let end = pod.mainEnd, end > 0, !pod.progress.isEmpty { metrics.note(closed: pod, mainEnd: end) }
        for (rung, result) in pod.progress.outcomes { metrics.rungs.increment(rung.rawValue, result) }
    }

    private func perform(_ call: Plan.Call, of plan: Plan, on pod: PodFacts) async throws {
        switch call {
        case .quit(_, let endpoint): try await quit(endpoint, of: pod)
        case .signal(let container, let stop): try await signal(container, stop, of: pod)
        case .recreate(let containers): try await recreate(containers, of: pod)
        case .rehearse(let purposes, let image):
            let swap = PlanRequests.trial(purposes.mapValues { _ in image }, plan.progress, of: pod)
            try await PodHelpers(api: api).rehearse(purposes, image: image, swap: swap, in: pod)
        case .debug(let container, let stop, let image):
            try await PodHelpers(api: api).signal(container, stop, image: image, in: pod)
        case .hold(let phase): _ = try await api.send(PlanRequests.hold(pod, phase: phase))
        }
    }

    /// A pod has one such request, made by us or by Kruise's own controller, and nothing is added to it.
    private func recreate(_ containers: [String], of pod: PodFacts) async throws {
        do throws(KubeError) {
            _ = try await api.send(PlanRequests.recreate(pod, containers: containers))
            return
        } catch {
            guard error.status?.reason == "AlreadyExists" else { throw error }
        }
        let answer: APIResponse
        do throws(KubeError) {
            answer = try await api.send(.get(.containerRecreateRequests, PlanRequests.recreateKey(pod)))
        } catch {
            // Gone again, or not for us to see: then it is taken to be about these.
            guard let code = error.status?.code, code == 404 || code == 403 else { throw error }
            return
        }
        let named = try YAMLNode(parsing: answer.body)["spec"]?["containers"]?.sequence ?? []
        let missed = Set(containers).subtracting(named.compactMap { $0["name"]?.text })
        if !missed.isEmpty { throw RequestWithout(containers: missed) }
    }

    private func quit(_ endpoint: QuitEndpoint, of pod: PodFacts) async throws {
        switch quitVia {
        case .proxy:
            guard endpoint.suitsProxy else {
                throw CallFailure(
                    description: "\(endpoint): only GET and POST are asked through the proxy; set quitVia: portForward")
            }
            _ = try await api.send(.proxy(endpoint.method, pod.key, port: endpoint.port, path: endpoint.path))
        case .portForward:
            let status = try await streams.ask(endpoint, of: pod.key)
            guard status < 400 else { throw CallFailure(description: "\(endpoint) answers \(status)") }
        }
    }

    private func signal(_ container: String, _ stop: ExecStop, of pod: PodFacts) async throws {
        var last = ""
        for command in stop.commands {
            do {
                let code = try await streams.run(command, in: container, of: pod.key)
                if code == 0 || code == Self.killed { return }
                last = "\(command[0]) exits with \(code)"
            } catch {
                if let error = error as? KubeError, case .cancelled = error.reason { throw error }
                last = "\(error)"
            }
        }
        throw CallFailure(description: last)
    }

    /// Process 1 took the one that signalled it along.
    private static let killed: Int32 = 137
}

/// Why something asked of a pod did not help, in words.
struct CallFailure: Error, CustomStringConvertible {
    let description: String
}

/// The pod's request to Kruise was made for others.
private struct RequestWithout: Error, CustomStringConvertible {
    var containers: Set<String>
    var description: String { "the pod's ContainerRecreateRequest was made for other containers, and is not changed" }
}

extension KubeError {
    /// Nothing listens on a port of a pod, in the words of the kubelet or of the API server's proxy.
    fileprivate var isUnreached: Bool {
        if case .transport(let failure) = reason, case .connect = failure.reason { return true }
        return status.map { $0.code == 502 || $0.code == 503 } ?? false
    }

    /// The server understood, and says no: by admission, by rights, or because the object would not be valid. Asking again
    /// gives the same answer. Neither a conflict, nor an object that is gone, nor a credential that has run out.
    fileprivate var isRefusal: Bool {
        guard let code = status?.code else { return false }
        return (400...499).contains(code) && ![401, 404, 408, 409, 410, 429].contains(code)
    }
}

extension Rung {
    /// Asked for by the patch of the pod itself.
    fileprivate var isMadeByPatch: Bool { self == .image || self == .node || self == .deadline }
}

extension Plan {
    fileprivate var rungsByPatch: [Rung] {
        images.map { _ in Rung.image } + cues.map { _ in Rung.node }
            + (announcements.contains { if case .terminating(_, .deadline) = $0 { true } else { false } }
                ? [.deadline] : [])
    }

    /// Whether the rung is tried for the first time, so that it is announced.
    fileprivate func begins(_ call: Call) -> Bool {
        announcements.contains { announcement in
            guard case .terminating(let container, call.rung) = announcement else { return false }
            return !call.isRehearsal && (call.container == nil || call.container == container)
        }
    }

    fileprivate func attempts(of call: Call) -> [Attempt] {
        attempts.filter { attempt in
            // Of two sidecars one may be rehearsed while the other is swapped.
            if case .rehearse(let purposes, _) = call { return purposes[attempt.container] != nil }
            return attempt.rung == call.rung && (call.container == nil || call.container == attempt.container)
        }
    }
}

extension Plan.Call {
    fileprivate var rung: Rung {
        switch self {
        case .quit: .http
        case .signal: .exec
        case .recreate: .crr
        case .rehearse: .image
        case .debug: .debug
        case .hold: .hold
        }
    }

    fileprivate var isRehearsal: Bool { if case .rehearse = self { true } else { false } }

    /// Where the pod is gone or has changed, that is what an error is about, and the rung may still be taken.
    fileprivate var isAboutPod: Bool { isRehearsal || rung == .hold || rung == .debug }

    /// Errors are then the node's or the container's, and may last as long as they do, whatever their code says.
    fileprivate var reachesIntoPod: Bool { rung == .http || rung == .exec }

    /// The only one it is about; `nil`: all of those the rung is tried for.
    fileprivate var container: String? {
        switch self {
        case .quit(let container, _), .signal(let container, _), .debug(let container, _, _): container
        case .recreate, .rehearse, .hold: nil
        }
    }
}
