import Transfer
import WorkdirProtocol

/// Brings the entrypoint in, and the inputs after it: main must be able to say why it does not run.
struct InputJob: Sendable {
    let agent: SidecarAgent

    init(_ agent: SidecarAgent) { self.agent = agent }

    func run() async -> LifecycleInput {
        do throws(VolumeError) {
            try EntrypointBinary.place(agent.settings.entrypoint, in: agent.volume)
            try orderSamples()
        } catch {
            return .inputsFailed(FailureCause(volume: error))
        }
        let settings = agent.settings
        if let failure = settings.configurationFailure ?? settings.endpointFailure { return .inputsFailed(failure) }
        let requests = settings.configuration.inputs.map(InputRequest.init)
        let onEvent = agent.onEvent
        let report = await agent.transfers.fetch(
            requests, into: agent.volume.root.display(WorkdirPath.input), journal: agent.journal,
            onEvent: { onEvent(.transfer(.input, $0)) })
        onEvent(.transferred(.input, report))
        agent.log(report, .input)
        if let cause = report.cause(for: .input) { return .inputsFailed(cause) }
        return .inputsReady
    }

    /// Asks the entrypoint for samples of main's use of resources, which only it can see.
    private func orderSamples() throws(VolumeError) {
        guard let interval = agent.settings.configuration.monitor.interval else {
            return try agent.volume.remove(WorkdirPath.monitor)
        }
        // Whole seconds, as the entrypoint reads them.
        let request = MonitorRequest(
            interval: Int(clamping: interval.components.seconds), scope: agent.settings.usageScope)
        try agent.volume.publish(WorkdirPath.monitor, request.text)
    }
}

extension InputRequest {
    init(_ input: InputConfiguration) {
        self.init(
            from: input.from, to: input.to, sha256: input.sha256.map(Self.bytes(hexadecimal:)),
            unpack: input.unpack == .auto ? .auto : .never, optional: input.optional)
    }

    /// `text` was checked with the configuration: an even number of hexadecimal digits.
    private static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = text.compactMap { $0.hexDigitValue.map(UInt8.init) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
