package import WorkdirProtocol

/// Everything an agent is given besides its transfers.
package struct AgentSettings: Sendable {
    package var configuration: AgentConfiguration
    package var pod: PodIdentity
    package var rules: LifecycleRules
    /// The static entrypoint to place in the volume; `nil`: it must lie there already.
    package var entrypoint: String?
    /// Whose use of resources the monitor tells.
    package var usageScope = UsageScope.container
    /// Main may run as another user, as in a pod.
    package var openToAll = true
    /// What is wrong with the configuration: nothing can be fetched or stored by it. The agent says so and stays.
    package var configurationFailure: FailureCause?
    /// Why nobody can probe the agent. Main cannot begin then; what one that has begun leaves is stored all the same.
    package var endpointFailure: FailureCause?
    /// Peaks and totals of what the containers used, for the manifest.
    package var usageSummary: @Sendable () -> [String: String] = { [:] }

    package init(
        configuration: AgentConfiguration, pod: PodIdentity, rules: LifecycleRules, entrypoint: String?
    ) {
        self.configuration = configuration
        self.pod = pod
        self.rules = rules
        self.entrypoint = entrypoint
    }
}
