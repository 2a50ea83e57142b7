import Basics
import Glibc
import Transfer
import WorkdirProtocol

/// Brings the entrypoint in, and the inputs after it: main must be able to say why it does not run.
struct InputJob: Sendable {
    let agent: SidecarAgent

    func run() async -> LifecycleInput {
        let folder: ConfinedFolder
        do throws(VolumeError) {
            try EntrypointBinary.place(agent.settings.entrypoint, in: agent.volume)
            try orderSamples()
            folder = try agent.volume.folder(WorkdirPath.input)
        } catch {
            return .inputsFailed(FailureCause(volume: error))
        }
        let settings = agent.settings
        if let failure = settings.configurationFailure ?? settings.endpointFailure { return .inputsFailed(failure) }
        let requests = settings.configuration.inputs.map(InputRequest.init)
        let onEvent = agent.onEvent
        let report = await agent.transfers.fetch(
            requests, into: folder, journal: agent.journal,
            onEvent: { onEvent(.transfer(.input, $0)) })
        onEvent(.transferred(.input, report))
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
            from: input.from, to: input.to, sha256: input.sha256.map { Hex.decode($0) ?? [] }, unpack: input.unpack,
            optional: input.optional)
        badNames = input.badNames
        // Patterns were checked with the configuration.
        filter = try? NameFilter(include: input.include, exclude: input.exclude)
        settings = input.settings
    }
}

/// The static entrypoint that main is wrapped in.
package enum EntrypointBinary {
    static let name = Volume.ownName(WorkdirPath.entrypoint)
    /// Names the binary where it does not lie beside our own.
    package static let variable = "KPIPE_ENTRYPOINT"

    /// `KPIPE_ENTRYPOINT`, else the file of that name beside our own executable, else none.
    package static func find(environment: [String: String]) -> String? {
        if let given = environment[variable], !given.isEmpty { return given }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { readlink("/proc/self/exe", $0, text.count) } ?? -1
            }
        }
        guard count > 0 else { return nil }
        let own = String(decoding: buffer[..<count], as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else { return nil }
        let beside = own[...slash] + name
        return access(String(beside), X_OK) == 0 ? String(beside) : nil
    }

    /// Places it in the volume, executable for all. One that is running there already runs on.
    static func place(_ source: String?, in volume: Volume) throws(VolumeError) {
        guard let source else {
            guard volume.exists(WorkdirPath.entrypoint) else {
                throw VolumeError(
                    .software,
                    "there is no \(name) beside this program; put it there, or name it in \(variable)")
            }
            return
        }
        try volume.own.copy(source, to: name, mode: 0o755)
    }
}
