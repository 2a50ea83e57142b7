import Basics
package import Report
import Synchronization
import Telemetry
import WorkdirProtocol

/// Samples what the containers of the step use: our own control group, main's samples as the entrypoint leaves them in
/// `.kpipe/usage`, and the processes of other containers where the PID namespace is shared.
package final class ResourceMonitor: Sendable {
    private let interval: Duration?
    /// Where the entrypoint leaves its samples, once it is taken.
    private let volume = Mutex<Volume?>(nil)
    private let scope: UsageScope
    private let board: UsageBoard

    /// Bytes; no more are read from the volume, which main can write.
    private static let usageLimit = 64 << 10

    /// Without an interval nothing is sampled and nothing wakes up.
    init(
        _ configuration: MonitorConfiguration, metrics: MetricRegistry, scope: UsageScope = .container
    ) {
        interval = configuration.interval
        board = UsageBoard(interval: configuration.interval)
        self.scope = scope
        guard interval != nil else { return }
        let shown = UsageMetrics(metrics)
        metrics.onExposition { [board] in shown.show(board.current) }
    }

    /// Main's samples are read from there from now on.
    func attach(_ volume: Volume) { self.volume.withLock { $0 = volume } }

    /// Samples until cancelled; returns at once where nothing is to be sampled.
    package func run() async {
        guard let interval else { return }
        while !Task.isCancelled {
            sample()
            try? await Task.sleep(for: interval)
        }
    }

    /// Peaks and totals per container for the manifest, read once more so that main's last samples are in it. Empty
    /// without an interval.
    package func summary() -> [String: String] {
        guard interval != nil else { return [:] }
        sample()
        return board.summary
    }

    /// The same over time, for the report.
    package func recorded() -> [RecordedUsage] {
        guard interval != nil else { return [] }
        sample()
        return board.recorded
    }

    func sample() {
        let now = HostFacts.now().milliseconds
        if scope == .processes {
            board.append(.ofThisProcess(time: now), of: StepContainer.agent.rawValue)
        } else if let own = Cgroup.find(read: Cgroup.readFile) {
            board.append(own.sample(time: now, read: Cgroup.readFile), of: StepContainer.agent.rawValue)
        }
        let fromEntrypoint = volume.withLock { $0 }?.read(WorkdirPath.usage, limit: Self.usageLimit)
            .map { UsageRecord(parsing: $0.bytes) }
        if let fromEntrypoint { board.replace(fromEntrypoint, of: StepContainer.main.rawValue) }
        let others = ProcessTable.others(time: now)
        for (group, sample) in others {
            // A single other container can only be main.
            let isMain = others.count == 1 && fromEntrypoint == nil
            board.append(sample, of: isMain ? StepContainer.main.rawValue : Self.name(of: group))
        }
    }

    /// The last part of a group's path is the container's id: enough of it to tell containers apart.
    static func name(of group: String) -> String {
        String((group.split(separator: "/").last ?? "other").prefix(24))
    }
}
