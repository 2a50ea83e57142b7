import Basics
package import HTTPServer
package import KubeClient
package import Logging
import Telemetry
package import WorkdirProtocol

/// What runs beside the agent: its endpoint with metrics, the sinks of its reports, the resource monitor.
///
///     let services = StepServices(configuration)
///     let server = try await services.listen()                      // before the volume is taken
///     let agent = try SidecarAgent(settings, transfers: engine, logger: logger)
///     let sinks = services.attach(agent, pod: sources.pod, logger: logger)
///     // `agent.run(reportingTo: sinks)` beside `services.monitor.run()`; then `server.stop()`
package struct StepServices: Sendable {
    let metrics = MetricRegistry()
    package let monitor: ResourceMonitor
    private let configuration: AgentConfiguration
    private let endpoint: AgentEndpoint

    /// - Parameter scope: whose use of resources is monitored.
    package init(_ configuration: AgentConfiguration, scope: UsageScope = .container) {
        self.configuration = configuration
        endpoint = AgentEndpoint(metrics: metrics)
        monitor = ResourceMonitor(configuration.monitor, metrics: metrics, scope: scope)
    }

    /// Listens; until an agent is attached, `/ready` answers 503.
    ///
    /// Comes first: startup is probed here, so an agent that cannot listen would never let main start. That is a
    /// permanent failure, told like a wrong configuration (`FailureCause(endpoint:)`).
    package func listen() async throws(ListenError) -> WebServer {
        try await endpoint.serve(port: configuration.port)
    }

    /// Shows the agent's state from now on, and makes the sinks of its reports.
    ///
    /// - Parameter api: the cluster the step runs in, where there is one.
    package func attach(
        _ agent: SidecarAgent, pod: PodIdentity, api: (any KubeAPI)? = nil, logger: Logger
    ) -> [any ReportSink] {
        endpoint.attach(agent.status) { ReportWriter.record(of: agent, listing: $0) }
        monitor.attach(agent.volume)
        var reporter = pod
        // Where no uid is given the volume has one, as unique and kept across restarts.
        reporter.uid = agent.identity.pod
        return ReportSinks.make(
            configuration.state, pod: reporter, volume: agent.volume, api: api, log: agent.reportLog, logger: logger,
            metrics: AgentMetrics(metrics, status: agent.status))
    }
}

extension FailureCause {
    /// The endpoint cannot listen.
    package init(endpoint error: ListenError) {
        self.init(
            .error, container: .agent, reason: FailureReason.configuration, message: error.description,
            exitCode: ExitCode.configuration.rawValue)
    }
}

/// What the agent says of itself in `/metrics`.
struct AgentMetrics: Sendable {
    let registry: MetricRegistry
    let reports: Counter
    let unreported: Gauge

    /// `status` is read whenever somebody asks.
    init(_ registry: MetricRegistry, status: StatusBoard) {
        self.registry = registry
        reports = registry.counter(
            "kpipe_state_reports_total", "Attempts to deliver a state report, by the configuration's entry and result.",
            labels: ["target", "result"])
        unreported = registry.gauge(
            "kpipe_state_reports_pending", "State reports not delivered yet, by the configuration's entry.",
            labels: ["target"])
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
