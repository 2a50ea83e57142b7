internal import Basics
package import Telemetry
internal import WorkdirProtocol

/// What the agent says of itself in `/metrics`.
package struct AgentMetrics: Sendable {
    package let registry: MetricRegistry
    let reports: Counter
    let unreported: Gauge

    /// `status` is read whenever somebody asks.
    package init(_ registry: MetricRegistry, status: StatusBoard) {
        self.registry = registry
        reports = registry.counter(
            "kpipe_state_reports_total", "Attempts to deliver a state report, by destination and result.",
            labels: ["destination", "result"])
        unreported = registry.gauge(
            "kpipe_state_reports_pending", "State reports not delivered yet, by destination.", labels: ["destination"])
        registry.gauge("kpipe_agent_info", "1; the label says which version runs.", labels: ["version"])
            .set(1, Version.current)
        let phase = registry.gauge("kpipe_step_phase", "1 for the phase the step is in, else 0.", labels: ["phase"])
        let attempt = registry.gauge("kpipe_step_try", "The try of the main container, from 1.")
        let sequence = registry.counter("kpipe_step_state_changes_total", "Changes of state reported so far.")
        registry.onExposition {
            let status = status.current
            for word in LifecyclePhase.words { phase.set(word == status.phase.word ? 1 : 0, word) }
            attempt.set(Double(status.attempt))
            sequence.record(total: Double(status.report?.sequence ?? 0))
        }
    }
}
