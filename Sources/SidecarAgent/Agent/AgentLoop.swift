import Logging
import Transfer
import WorkdirProtocol

/// The thin shell around the lifecycle: takes inputs one by one, keeps each step in the journal before anybody hears
/// of it, and performs the effects. What takes time runs beside it and answers with an input.
struct AgentLoop {
    let agent: SidecarAgent
    let sinks: [any ReportSink]
    var machine: LifecycleMachine
    let process = ProcessWatch()
    let verdicts = VerdictBoard()
    let fetching = Stoppable()
    var storing = Stoppable()
    var continuous: ContinuousStore?
    let graceBoard: GraceBoard
    var mainStatus: (any MainStatusSource)?
    /// Set by SIGTERM.
    var sigterm: ContinuousClock.Instant?
    var watch: WorkdirWatch?

    init(_ agent: SidecarAgent, sinks: [any ReportSink], memory: LifecycleMachine.Memory) {
        self.agent = agent
        self.sinks = sinks
        machine = LifecycleMachine(agent.settings.rules, memory: memory)
        graceBoard = GraceBoard(GracePlan(grace: agent.settings.configuration.grace))
    }

    var grace: GracePlan { graceBoard.current }

    mutating func run(mainStatus: (any MainStatusSource)?) async {
        self.mainStatus = mainStatus
        agent.reports.follow(mainStatus)
        await withDiscardingTaskGroup { group in
            for sink in sinks { group.addTask { await sink.run() } }
            if let mainStatus {
                group.addTask { [mailbox = agent.mailbox] in
                    await mainStatus.follow { mailbox.post(.mainStatus($0)) }
                }
            }
            begin(in: &group)
            await serve(in: &group)
            watch?.stop()
            process.stop()
            group.cancelAll()
        }
    }

    /// Brings the machine up before anything else can happen to it.
    private mutating func begin(in group: inout DiscardingTaskGroup) {
        step(.start, in: &group)
        if case .rebooted = agent.condition { step(.rebooted, in: &group) }
        do throws(VolumeError) {
            watch = try WorkdirWatch(agent.volume, posting: agent.mailbox)
        } catch {
            // The kernel grants a user few of them, and many pods of a node may be of one user.
            agent.logger.warning(
                "no watch to be had, looking at the markers twice a second", metadata: ["error": "\(error)"])
            group.addTask { [reader = MarkerReader(volume: agent.volume), mailbox = agent.mailbox] in
                await reader.follow(posting: mailbox)
            }
        }
    }

    private mutating func serve(in group: inout DiscardingTaskGroup) async {
        while let inputs = await agent.mailbox.take() {
            for input in inputs {
                switch input {
                case .terminate, .statusOverdue, .storeLatest, .deadline: catchUp(in: &group)
                default: break
                }
                step(input, in: &group)
                if case .leaving = machine.phase {
                    await leave()
                    return
                }
            }
        }
    }

    /// Main may have said its last word a moment ago: it is heard before a signal or the clock is taken for its end. One
    /// that says nothing leaves traces where it runs.
    private mutating func catchUp(in group: inout DiscardingTaskGroup) {
        for input in MarkerReader(volume: agent.volume).readAll() { step(input, in: &group) }
        if machine.phase == .ready, agent.hasTracesOfMain { step(.started, in: &group) }
    }

    /// One input, from decision to effect.
    private mutating func step(_ input: LifecycleInput, in group: inout DiscardingTaskGroup) {
        let before = machine.memory
        switch input {
        case .mainGone, .terminate, .statusOverdue: machine.silence = agent.volume.silence
        default: break
        }
        let effects = machine.handle(input)
        let changes = effects.compactMap { effect in
            if case .report(let change) = effect { change } else { nil }
        }
        if machine.memory != before || !changes.isEmpty {
            let summary = changes.contains(where: \.terminal) ? agent.summary : nil
            let reports = agent.journal.commit(machine.memory, changes, at: HostFacts.now(), summary: summary)
            show(reports)
        }
        agent.recorder.take(input, phase: machine.phase, attempt: machine.memory.attempt)
        if case .attempt(let record) = input { follow(record) }
        if case .mainStatus = input, let mainStatus {
            group.addTask { [recorder = agent.recorder] in
                if let details = await mainStatus.details() { recorder.take(details) }
            }
        }
        if case .settled(let outcome) = machine.phase, changes.contains(where: \.terminal) {
            group.addTask { [agent] in await agent.reports.finish(outcome, of: agent) }
        }
        for effect in effects { perform(effect, in: &group) }
    }

    private func show(_ reports: [StateReport]) {
        agent.status.show(
            AgentStatus(
                phase: machine.phase, report: reports.last ?? agent.status.current.report,
                attempt: machine.memory.attempt, epoch: agent.identity.epoch))
        for report in reports {
            agent.onEvent(.report(report))
            log(report)
            for sink in sinks { sink.report(report) }
        }
    }

    private func log(_ report: StateReport) {
        var metadata: Logger.Metadata = ["state": "\(report.state)", "sequence": "\(report.sequence)"]
        if let reason = report.reason { metadata["reason"] = "\(reason)" }
        if let message = report.message { metadata["error"] = "\(message)" }
        agent.logger.log(level: report.reason == nil ? .info : .notice, "state changed", metadata: metadata)
    }

    private func follow(_ record: MainAttempt) {
        guard record.phase == .running, let program = record.processID, record.number == machine.memory.attempt else {
            return
        }
        let (mailbox, volume) = (agent.mailbox, agent.volume)
        process.follow(program: program) {
            MarkerReader(volume: volume).readAll().forEach(mailbox.post)
            mailbox.post(.mainGone(attempt: record.number))
        }
    }

    /// Delivers what is still to be delivered, as long as there is time.
    private func leave() async {
        let (sinks, agent, phase) = (sinks, agent, machine.phase)
        await Stoppable.run(until: (sigterm ?? .now) + grace.exit) {
            await withDiscardingTaskGroup { flushes in
                for sink in sinks { flushes.addTask { await sink.flush() } }
                guard case .leaving(let outcome) = phase else { return }
                flushes.addTask {
                    // The last try, for which the pod's end waits.
                    await Stoppable.run(until: .now + OutputJob.reportLimit) {
                        await agent.reports.finish(outcome, of: agent)
                    }
                }
            }
        }
    }
}

extension FailureCause {
    /// The grace is over, and nobody says what became of the outputs.
    static let uploadsHang = FailureCause(
        .killed, container: .agent, reason: FailureReason.deadlineExceeded,
        message: "the grace period ran out while outputs were being stored, and the uploads did not stop; a longer "
            + "terminationGracePeriodSeconds (and --grace) gives them time", exitCode: ExitCode.inputOutput.rawValue)

    init(volume error: VolumeError) {
        self.init(
            .error, container: .agent, reason: FailureReason.volume, message: error.message,
            exitCode: error.exitCode.rawValue)
    }
}

/// Work that somebody else can ask to stop: a task's cancellation, within structured concurrency.
final class Stoppable: Sendable {
    private let stops: AsyncStream<Never>
    private let stopping: AsyncStream<Never>.Continuation

    init() {
        (stops, stopping) = AsyncStream.makeStream()
    }

    /// Cancels the work, now or when it begins. Idempotent.
    func stop() { stopping.finish() }

    /// Runs `work` once and returns what it returns, also when it was cancelled.
    func run<Success: Sendable>(_ work: @escaping @Sendable () async -> Success) async -> Success? {
        await withTaskGroup(of: Success?.self) { group in
            group.addTask { await work() }
            group.addTask { [stops] in
                for await _ in stops {}
                return nil
            }
            var result: Success?
            for await ended in group {
                group.cancelAll()
                result = result ?? ended
            }
            return result
        }
    }
    /// The same in bounded time: at `end` it is cancelled.
    @discardableResult
    static func run<Success: Sendable>(
        until end: ContinuousClock.Instant, _ work: @escaping @Sendable () async -> Success
    ) async -> Success? {
        let working = Stoppable()
        return await withDiscardingTaskGroup { group in
            group.addTask {
                try? await Task.sleep(until: end, clock: .continuous)
                working.stop()
            }
            defer { group.cancelAll() }
            return await working.run(work)
        }
    }
}
