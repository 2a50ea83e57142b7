package import Logging
package import Report
package import WorkdirProtocol

/// The agent of one step: holds the volume, feeds the lifecycle with what happens and performs what it answers.
///
/// It never ends by itself on a failure of the step: `run` returns when the lifecycle says so.
package final class SidecarAgent: Sendable {
    let settings: AgentSettings
    let volume: Volume
    let journal: Journal
    let transfers: any StepTransfers
    let logger: Logger
    let onEvent: @Sendable (AgentEvent) -> Void
    let mailbox = Mailbox()
    let recorder: StepRecorder
    let reports = ReportWriter()
    let condition: VolumeCondition

    /// Whose volume this is, and the epoch all reports carry.
    let identity: VolumeIdentity
    /// For the endpoint.
    let status: StatusBoard

    /// Takes possession of the volume.
    ///
    /// - Throws: where there is no volume to work with, another agent on it included. Everything that can be told to
    ///   main or to a backend is told by `run` instead.
    package init(
        _ settings: AgentSettings, transfers: any StepTransfers, logger: Logger,
        onEvent: @escaping @Sendable (AgentEvent) -> Void = { _ in }
    ) throws(VolumeError) {
        self.settings = settings
        self.transfers = transfers
        self.logger = logger
        volume = try Volume(settings.configuration.workdir, openToAll: settings.openToAll)

        let claim = VolumeClaim(pod: settings.pod.uid, name: settings.pod.name, boot: HostFacts.bootID())
        let stateDir = settings.configuration.stateDir
        let memory = try stateDir.map { (path) throws(VolumeError) in try FolderHandle(path: path, creating: true) }
        let limits = memory == nil ? JournalLimits.shared : .own
        let found = Journal.read(in: memory ?? volume.own, limits)
        condition = VolumeCondition.judge(
            journal: found?.content.identity, hasLeftovers: try volume.hasLeftovers(), claim: claim)
        try volume.prepare(for: condition)

        var content = JournalContent()
        switch condition {
        case .resumed(let earlier):
            content = found?.content ?? content
            identity = earlier
        case .rebooted(var earlier):
            content = found?.content ?? content
            earlier.boot = claim.boot
            identity = earlier
        case .fresh, .stale:
            identity = VolumeIdentity(
                epoch: HostFacts.newEpoch(), pod: claim.pod ?? HostFacts.newUID(), boot: claim.boot, name: claim.name)
        }
        content.identity = identity
        let recorder = StepRecorder(
            rows: settings.configuration.reports.isEmpty ? StepRecorder.fewRows : StepRecorder.manyRows,
            earlier: content.backlog.reports)
        self.recorder = recorder
        self.onEvent = {
            recorder.take($0)
            onEvent($0)
        }
        journal = try Journal.open(content, in: memory ?? volume.own, limits) { fault in
            logger.error("journal write failed, a restart would begin anew", metadata: ["error": "\(fault)"])
        }
        volume.reserve()
        let life = EpochRecord(epoch: identity.epoch, pod: settings.pod.uid ?? "", host: EpochRecord.hostName())
        try volume.publish(WorkdirPath.epoch, life.text)
        status = StatusBoard(
            AgentStatus(
                phase: content.memory.phase, report: content.backlog.reports.last, attempt: content.memory.attempt,
                epoch: identity.epoch))
        logger.info(
            "volume taken", metadata: ["condition": "\(condition.name)", "epoch": "\(identity.epoch)"])
        if let damaged = found?.damaged, damaged > 0 {
            logger.warning("damaged journal lines skipped", metadata: ["lines": "\(damaged)"])
        }
    }

    /// For a step that is no pod.
    package static func newUID() -> String { HostFacts.newUID() }

    /// What outlives a killed agent of the reports; for the sinks.
    var reportLog: any ReportLog { journal }

    /// SIGTERM. Safe to call from anywhere, any number of times.
    package func terminate() {
        mailbox.post(.terminate)
    }

    /// Outputs, or a sample of main's use of resources, be it by the entrypoint or of a process in sight.
    var hasTracesOfMain: Bool {
        if volume.hasOutputs || volume.exists(WorkdirPath.usage) { return true }
        return settings.usageSummary().keys.contains { $0.hasPrefix("\(StepContainer.main.rawValue).") }
    }

    /// What is known of the step now.
    package var record: StepRecord { ReportWriter.record(of: self) }

    var summary: StepSummary {
        let outputs = recorder.record().outputs
        let main = settings.recordedUsage().first { $0.container == StepContainer.main.rawValue }
        return StepSummary(
            outputs: outputs.files + outputs.skipped, outputBytes: outputs.bytes, memoryPeak: main?.memoryPeak,
            cpuSeconds: main?.cpu.map { Double($0) / 1000 })
    }

    /// Runs the step's agent until it may leave. Cancelling the task ends it as a kill would, without a last report.
    package func run(reportingTo sinks: [any ReportSink], mainStatus: (any MainStatusSource)? = nil) async {
        var loop = AgentLoop(self, sinks: sinks, memory: journal.content.memory)
        await loop.run(mainStatus: mainStatus)
    }
}

extension VolumeCondition {
    var name: String {
        switch self {
        case .fresh: "fresh"
        case .resumed: "resumed"
        case .rebooted: "rebooted"
        case .stale: "stale"
        }
    }
}

/// Everything an agent is given besides its transfers.
package struct AgentSettings: Sendable {
    var configuration: AgentConfiguration
    var pod: PodIdentity
    var rules: LifecycleRules
    /// The static entrypoint to place in the volume; `nil`: it must lie there already.
    var entrypoint: String?
    /// Whose use of resources the monitor tells.
    package var usageScope = UsageScope.container
    /// Main may run as another user, as in a pod.
    package var openToAll = true
    /// What is wrong with the configuration: nothing can be fetched or stored by it. The agent says so and stays.
    package var configurationFailure: FailureCause?
    /// Why nobody can probe the agent. Main cannot begin then; what one that has begun leaves is stored all the same.
    package var endpointFailure: FailureCause?
    /// Peaks and totals of what the containers used, for the manifest.
    package var usageSummary: @Sendable () -> [String: String] = { [:] }
    /// The same over time, for the report.
    package var recordedUsage: @Sendable () -> [RecordedUsage] = { [] }
    /// Where the step's trace goes; `nil`: nowhere.
    package var traces: TraceExporter?

    package init(
        configuration: AgentConfiguration, pod: PodIdentity, rules: LifecycleRules, entrypoint: String?
    ) {
        self.configuration = configuration
        self.pod = pod
        self.rules = rules
        self.entrypoint = entrypoint
    }
}
