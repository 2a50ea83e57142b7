import Basics
import CIdle
import Logging
import Synchronization
import Transfer
import WorkdirProtocol

extension AgentLoop {
    /// From `ready` until nothing is expected but main's end, which may take days: main has begun and is reported.
    private static let untilIdle = Duration.seconds(10)
    /// How long the API server may think about how much of the grace is left.
    private static let timeLeftLimit = Duration.milliseconds(500)
    /// Between two tries to write a marker.
    private static let markerPause = Duration.seconds(1)

    mutating func perform(_ effect: LifecycleEffect, in group: inout DiscardingTaskGroup) {
        log(effect)
        switch effect {
        case .report:
            // Kept and shown by `step`, before all other effects.
            break
        case .fetchInputs:
            let job = InputJob(agent: agent)
            group.addTask { [fetching, mailbox = agent.mailbox] in
                if let result = await fetching.run({ await job.run() }) { mailbox.post(result) }
            }
        case .cancelFetching:
            fetching.stop()
        case .publishReady:
            publish(WorkdirPath.ready, "\(agent.identity.epoch)\n") { .inputsFailed(FailureCause(volume: $0)) }
            group.addTask {
                guard (try? await Task.sleep(for: Self.untilIdle)) != nil else { return }
                cidle_release_memory()
            }
        case .storeOutputs(let order):
            store(order, in: &group)
        case .cancelStoring:
            storing.stop()
        case .publishStored(let attempt):
            publish(verdict(attempt, 0, "stored"), as: WorkdirPath.stored, in: &group)
        case .publishFailed(let attempt, let cause):
            let code = cause.exitCode ?? ExitCode.software.rawValue
            publish(verdict(attempt, code, cause.message), as: WorkdirPath.failed, in: &group)
        case .beginGrace:
            beginGrace(in: &group)
        case .storeContinuously:
            storeContinuously(in: &group)
        case .exit:
            // The loop ends with the phase `leaving`.
            break
        }
    }

    private func verdict(_ attempt: Int, _ code: Int32, _ message: String) -> TryVerdict {
        TryVerdict(attempt: attempt, exitCode: code, message: message, epoch: agent.identity.epoch)
    }

    /// For readers of a pod's logs: what is begun, and what is waited for.
    private func log(_ effect: LifecycleEffect) {
        let logger = agent.logger
        switch effect {
        case .fetchInputs:
            logger.info("fetching inputs", metadata: ["inputs": "\(agent.settings.configuration.inputs.count)"])
        case .publishReady:
            logger.info("ready, waiting for main")
        case .storeOutputs(let order):
            var metadata: Logger.Metadata = ["try": "\(order.attempt)"]
            if let cause = order.outcome.cause { metadata["reason"] = "\(cause.reason)" }
            logger.info("main has ended, storing outputs", metadata: metadata)
        case .publishStored(let attempt):
            logger.info("main may exit", metadata: ["try": "\(attempt)", "waiting-for": "\(waitingFor)"])
        case .publishFailed(let attempt, let cause):
            let code = cause.exitCode ?? ExitCode.software.rawValue
            logger.info(
                "main is to fail",
                metadata: ["try": "\(attempt)", "code": "\(code)", "waiting-for": "\(waitingFor)"])
        case .beginGrace:
            logger.info(
                "SIGTERM received", metadata: ["grace": "\(DurationText.print(agent.settings.configuration.grace))"])
        case .exit:
            logger.info("exiting")
        case .report, .cancelFetching, .storeContinuously, .cancelStoring:
            break
        }
    }

    private var waitingFor: String {
        switch machine.phase {
        case .awaitingRetry: "another try, SIGTERM"
        case .settled: "SIGTERM"
        default: "nothing"
        }
    }

    private func publish(
        _ path: String, _ text: String, orElse answer: (VolumeError) -> LifecycleInput? = { _ in nil }
    ) {
        do throws(VolumeError) {
            try agent.volume.publish(path, text)
        } catch {
            agent.logger.error("marker not written", metadata: ["path": "\(path)", "error": "\(error)"])
            agent.onEvent(.warning(error.message))
            if let answer = answer(error) { agent.mailbox.post(answer) }
        }
    }

    /// The entrypoint waits for it, so it is tried until it is there or another has taken its place.
    private mutating func publish(_ verdict: TryVerdict, as path: String, in group: inout DiscardingTaskGroup) {
        verdicts.set(verdict.text, of: path)
        guard !tryToPublish(verdict, as: path) else { return }
        group.addTask { [self] in
            repeat {
                guard (try? await Task.sleep(for: Self.markerPause)) != nil else { return }
            } while !tryToPublish(verdict, as: path)
        }
    }

    private func tryToPublish(_ verdict: TryVerdict, as path: String) -> Bool {
        do throws(VolumeError) {
            try verdicts.publish(verdict.text, as: path, in: agent.volume)
            return true
        } catch {
            agent.logger.error("marker not written, retrying", metadata: ["path": "\(path)", "error": "\(error)"])
            agent.onEvent(.warning(error.message))
            return false
        }
    }

    private mutating func beginGrace(in group: inout DiscardingTaskGroup) {
        let begin = ContinuousClock.now
        sigterm = begin
        group.addTask { [agent, graceBoard, mainStatus] in
            let configured = agent.settings.configuration.grace
            let left = await Stoppable.run(until: begin + Self.timeLeftLimit) { await mainStatus?.timeLeft() }
            if let left = left ?? nil {
                let grace = GracePlan.grace(configured, left: left + (.now - begin))
                graceBoard.set(GracePlan(grace: grace))
                agent.logger.info("grace left", metadata: ["grace": "\(DurationText.print(grace))"])
            }
            let (plan, mailbox) = (graceBoard.current, agent.mailbox)
            try? await Task.sleep(until: begin + plan.statusLatest, clock: .continuous)
            mailbox.post(.statusOverdue)
            try? await Task.sleep(until: begin + plan.storeLatest, clock: .continuous)
            mailbox.post(.storeLatest)
            try? await Task.sleep(until: begin + plan.deadline, clock: .continuous)
            mailbox.post(.deadline)
            // Uploads that do not even stop: a disk that hangs, a store that answers nothing. Nobody waits for them.
            try? await Task.sleep(until: begin + plan.lastCall, clock: .continuous)
            mailbox.post(.outputsFailed(.uploadsHang))
        }
    }

    private mutating func storeContinuously(in group: inout DiscardingTaskGroup) {
        // Whatever becomes of the step, its manifest's place is not main's.
        let all = agent.settings.configuration.outputs
        let outputs = zip(all, all.map { OutputRequest($0) }.besidesManifests).filter { $0.0.during == .continuous }
            .map(\.1)
        guard continuous == nil, !outputs.isEmpty, agent.settings.configurationFailure == nil else { return }
        let store = ContinuousStore(
            outputs, of: agent.volume, journal: agent.journal, transfers: agent.transfers,
            onEvent: agent.onEvent)
        continuous = store
        agent.logger.info("storing outputs as they are complete", metadata: ["outputs": "\(outputs.count)"])
        group.addTask { await store.run() }
    }

    private mutating func store(_ order: StoreOrder, in group: inout DiscardingTaskGroup) {
        storing = Stoppable()
        let job = OutputJob(
            agent: agent, order: order, deadline: sigterm.map { $0 + grace.deadline }, continuous: continuous)
        group.addTask { [storing, mailbox = agent.mailbox] in
            if let result = await storing.run({ await job.run() }) { mailbox.post(result) }
        }
    }
}

/// The newest verdict of each kind: an older one that could not be written does not take its place later.
final class VerdictBoard: Sendable {
    private let lines = Mutex<[String: String]>([:])

    func set(_ line: String, of path: String) { lines.withLock { $0[path] = line } }

    /// Writes it, unless it is the newest no more.
    func publish(_ line: String, as path: String, in volume: Volume) throws(VolumeError) {
        try lines.withLock { lines throws(VolumeError) in
            if lines[path] == line { try volume.publish(path, line) }
        }
    }
}
