import Basics
import KubeClient
import Logging
import Synchronization
import Telemetry

/// Feeds one destination from its outbox: the thin shell around `Outbox`.
final class ReportDelivery: ReportSink {
    private let courier: any ReportCourier
    private let log: any ReportLog
    /// In the journal; unlike the courier's own word it is unique among the destinations.
    private let key: String
    private let logger: Logger
    private let metrics: AgentMetrics?
    /// In metrics, which the pod's whole network reads: no URL.
    private let label: String
    private let outbox: Mutex<Outbox>
    private let woken = Signal()
    private let drained = Signal()
    private let time: Timepiece
    private let random: @Sendable () -> Double

    init(
        _ courier: any ReportCourier, key: String, log: any ReportLog, logger: Logger, metrics: AgentMetrics? = nil,
        label: String = "state[0]", time: Timepiece = .system,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.courier = courier
        self.key = key
        self.log = log
        self.logger = logger
        self.metrics = metrics
        self.label = label
        self.time = time
        self.random = random
        outbox = Mutex(Outbox(log.unacknowledged(by: key), pace: courier.pace))
    }

    func report(_ report: StateReport) {
        let (dropped, count) = outbox.withLock { outbox in (outbox.add(report), outbox.queue.count) }
        metrics?.unreported.set(Double(count), label)
        if let dropped {
            metrics?.reports.increment(label, "coalesced")
            logger.notice("state report coalesced", metadata: metadata(of: dropped))
        }
        woken.send()
    }

    func run() async {
        while !Task.isCancelled {
            switch outbox.withLock({ $0.next(at: time.now()) }) {
            case .rest:
                if outbox.withLock(\.isEmpty) { drained.send() }
                _ = await woken.wait()
            case .wait(let moment):
                await woken.wait(until: moment, time)
            case .send(let report):
                settle(report, await courier.deliver(report))
            }
        }
    }

    func flush() async {
        outbox.withLock { $0.hurry() }
        woken.send()
        while !Task.isCancelled, !outbox.withLock(\.isEmpty) { _ = await drained.wait() }
    }

    private func settle(_ report: StateReport, _ outcome: DeliveryOutcome) {
        let (settlement, count) = outbox.withLock { outbox in
            (outbox.settle(outcome, at: time.now(), random: random()), outbox.queue.count)
        }
        metrics?.reports.increment(label, outcome.word)
        metrics?.unreported.set(Double(count), label)
        switch settlement {
        case nil: break
        case .delivered(let sequence):
            log.acknowledge(through: sequence, by: key)
        case .refused(let report, let reason):
            log.acknowledge(through: report.sequence, by: key)
            var metadata = metadata(of: report)
            metadata["reason"] = "\(reason)"
            logger.log(
                level: report.terminal ? .critical : .error, "state report refused, giving up",
                metadata: metadata)
        case .postponed(let pause, let reason):
            var metadata = metadata(of: report)
            metadata["reason"] = "\(reason)"
            metadata["retry-in"] = "\(DurationText.print(pause))"
            logger.warning("state report not delivered, retrying", metadata: metadata)
        }
    }

    private func metadata(of report: StateReport) -> Logger.Metadata {
        ["destination": "\(courier.destination)", "state": "\(report.state)", "sequence": "\(report.sequence)"]
    }
}

/// Makes the sinks that a configuration asks for.
enum ReportSinks {
    /// One sink for each entry of `state`, each with an outbox of its own, so that one that is down holds up no other.
    ///
    /// - Parameters:
    ///   - pod: with the uid that reports are to carry.
    ///   - volume: the step's own, if it has one, where main may put links in the way of files.
    ///   - api: for reports to the pod itself; without it those fail, and are said to.
    ///   - log: what earlier lives of the agent left undelivered comes from here and goes first.
    static func make(
        _ targets: [StateTargetConfiguration], pod: PodIdentity, volume: Volume? = nil, api: (any KubeAPI)? = nil,
        log: any ReportLog, logger: Logger, metrics: AgentMetrics? = nil
    ) -> [any ReportSink] {
        var seen: [String: Int] = [:]
        return targets.enumerated().map { index, target in
            let courier = courier(for: target, pod: pod, volume: volume, api: api)
            let count = seen[courier.destination, default: 0]
            seen[courier.destination] = count + 1
            let key = count == 0 ? courier.destination : "\(courier.destination)#\(count)"
            return ReportDelivery(
                courier, key: key, log: log, logger: logger, metrics: metrics, label: "state[\(index)]")
        }
    }

    private static func courier(
        for target: StateTargetConfiguration, pod: PodIdentity, volume: Volume?, api: (any KubeAPI)?
    ) -> any ReportCourier {
        switch target.destination {
        case .http(let url): HTTPCourier(target, url: url, pod: pod)
        case .file(let path): FileCourier(path: path, pod: pod, volume: volume)
        case .kubernetes: PodCourier(api: api, pod: pod)
        }
    }
}
