internal import KubeClient
internal import KubeModel
internal import Logging
internal import Synchronization
package import Telemetry

/// Logs and counts how the election goes. While the server is out of reach that is logged once, not with every attempt.
final class ElectionReporter: Sendable {
    private let lease: ObjectKey
    private let identity: String
    private let metrics: LeaderElectionMetrics?
    private let logger: Logger
    private let isOutOfReach = Mutex(false)

    init(_ lease: ObjectKey, identity: String, metrics: LeaderElectionMetrics?, logger: Logger) {
        self.lease = lease
        self.identity = identity
        self.metrics = metrics
        var logger = logger
        logger[metadataKey: "lease"] = "\(lease)"
        logger[metadataKey: "identity"] = "\(identity)"
        self.logger = logger
    }

    func seeks() {
        metrics?.leads(false, lease.name)
        logger.info("attempting to acquire lease")
    }

    func leads() {
        metrics?.leads(true, lease.name)
        logger.info("became leader")
    }

    func loses() {
        metrics?.leads(false, lease.name)
        logger.warning("stopped leading", metadata: ["reason": "the lease was not renewed in time"])
    }

    func ends() { metrics?.leads(false, lease.name) }

    func sees(holder: String) {
        guard holder != identity else { return }
        if holder.isEmpty {
            logger.info("lease released")
        } else {
            logger.info("new leader elected", metadata: ["holder": "\(holder)"])
        }
    }

    /// A leader that has to read the lease before it can renew it.
    func takesTheSlowPath() { metrics?.slowPath(lease.name) }

    func reaches() {
        let wasOutOfReach = isOutOfReach.withLock { isOutOfReach in
            defer { isOutOfReach = false }
            return isOutOfReach
        }
        if wasOutOfReach { logger.info("lease reachable again") }
    }

    func fails(_ error: KubeError) {
        let isNews = isOutOfReach.withLock { isOutOfReach in
            defer { isOutOfReach = true }
            return !isOutOfReach
        }
        logger.log(
            level: isNews ? .warning : .debug, "failed to read or renew lease, retrying",
            metadata: ["error": "\(error)"])
    }
}

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
