package import ConfigSchema
internal import WorkdirProtocol

/// Everything the agent is told, checked and with its defaults filled in: one YAML or JSON document,
/// described by `docs/schema/agent-config.schema.json`; see `ConfigurationSources` for where it comes from.
package struct AgentConfiguration: Sendable, Equatable {
    package var inputs: [InputConfiguration] = []
    package var outputs: [OutputConfiguration] = []
    package var state: [StateTargetConfiguration] = []
    package var monitor = MonitorConfiguration()
    package var transfer = TransferLimits()
    /// Where the shared volume is mounted.
    package var workdir = WorkdirPath.defaultRoot
    /// Of the endpoint; 0 lets the system choose.
    package var port = AgentAddress.defaultPort
    /// From SIGTERM to SIGKILL: the pod's `terminationGracePeriodSeconds`.
    package var grace = Duration.seconds(30)
    /// Runs as an ordinary container beside main, not as a native sidecar.
    package var legacy = false

    package init() {}
}

extension AgentConfiguration: Configurable {
    package static let fields: [Field<AgentConfiguration>] = [
        .optional("inputs", \.inputs, Shape.object().list, "Files to fetch before main starts."),
        .optional("outputs", \.outputs, Shape.object().list, "Files to store after main has ended."),
        .optional("state", \.state, Shape.object().list, "Where the step's state is reported."),
        .section("monitor", \.monitor, "Use of CPU, memory and I/O per container."),
        .section("transfer", \.transfer, "What transfers may use."),
        .optional(
            "workdir", \.workdir, .template.checked { $0.hasPrefix("/") ? nil : "expected an absolute path" },
            "Where the shared volume is mounted."),
        .optional("port", \.port, .integer(0...65535), "Of the endpoint /ready, /state, /metrics, /healthz; 0: any."),
        .optional("grace", \.grace, .duration(), "From SIGTERM to SIGKILL: the pod's terminationGracePeriodSeconds."),
        .optional("legacy", \.legacy, .boolean, "The agent is an ordinary container, not a native sidecar."),
    ]
}
