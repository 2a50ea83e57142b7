package import Telemetry

/// An election's metrics, named as those of every controller (`leader_election_…`, label `name`), so that existing
/// dashboards and alerts fit.
public struct LeaderElectionMetrics: Sendable {
    private let status: Gauge
    private let slowPaths: Counter

    package init(_ registry: MetricRegistry) {
        status = registry.gauge(
            "leader_election_master_status", "1 while this process leads, 0 while it does not.", labels: ["name"])
        slowPaths = registry.counter(
            "leader_election_slowpath_total", "Renewals of the lease that had to read it first.", labels: ["name"])
    }

    func leads(_ leads: Bool, _ name: String) { status.set(leads ? 1 : 0, name) }

    func slowPath(_ name: String) { slowPaths.increment(name) }
}
