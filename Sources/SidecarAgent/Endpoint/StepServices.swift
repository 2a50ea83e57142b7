package import HTTPServer
package import KubeClient
package import Logging
package import Telemetry
package import WorkdirProtocol

/// What runs beside the agent: its endpoint with metrics, the sinks of its reports, the resource monitor.
///
///     let services = StepServices(configuration)
///     let server = try await services.listen()                      // before the volume is taken
///     let agent = try SidecarAgent(settings, transfers: engine, logger: logger)
///     let sinks = services.attach(agent, pod: sources.pod, logger: logger)
///     // `agent.run(reportingTo: sinks)` beside `services.monitor.run()`; then `server.stop()`
package struct StepServices: Sendable {
    package let metrics = MetricRegistry()
    package let monitor: ResourceMonitor
    private let configuration: AgentConfiguration
    private let endpoint: AgentEndpoint

    /// - Parameter scope: whose use of resources is monitored.
    package init(_ configuration: AgentConfiguration, scope: UsageScope = .container) {
        self.configuration = configuration
        endpoint = AgentEndpoint(metrics: metrics)
        monitor = ResourceMonitor(configuration.monitor, workdir: configuration.workdir, metrics: metrics, scope: scope)
    }

    /// Listens; until an agent is attached, `/ready` answers 503.
    ///
    /// Comes first: startup is probed here, so an agent that cannot listen would never let main start. That is a
    /// permanent failure, told like a wrong configuration (`FailureCause(endpoint:)`).
    package func listen() async throws(StatusServerError) -> StatusServer {
        try await endpoint.serve(port: configuration.port)
    }

    /// Shows the agent's state from now on, and makes the sinks of its reports.
    ///
    /// - Parameter api: the cluster the step runs in, where there is one.
    package func attach(
        _ agent: SidecarAgent, pod: PodIdentity, api: (any KubeAPI)? = nil, logger: Logger
    ) -> [any ReportSink] {
        endpoint.attach(agent.status)
        var reporter = pod
        // Where no uid is given the volume has one, as unique and kept across restarts.
        reporter.uid = agent.identity.pod
        return ReportSinks.make(
            configuration.state, pod: reporter, api: api, log: agent.reportLog, logger: logger,
            metrics: AgentMetrics(metrics, status: agent.status))
    }
}

extension FailureCause {
    /// The endpoint cannot listen.
    package init(endpoint error: StatusServerError) {
        self.init(
            .error, container: .agent, reason: FailureReason.configuration, message: error.description,
            exitCode: ExitCode.configuration.rawValue)
    }
}
