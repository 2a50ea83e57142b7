public import WorkdirProtocol

/// Everything an agent is given besides its transfers.
public struct AgentSettings: Sendable {
    public var configuration: AgentConfiguration
    public var pod: PodIdentity
    public var rules: LifecycleRules
    /// The static entrypoint to place in the volume; `nil`: it must lie there already.
    public var entrypoint: String?
    /// Whose use of resources the monitor tells.
    public var usageScope = UsageScope.container
    /// Main may run as another user, as in a pod.
    public var openToAll = true
    /// What is wrong with the configuration: nothing can be fetched or stored by it. The agent says so and stays.
    public var configurationFailure: FailureCause?
    /// Why nobody can probe the agent. Main cannot begin then; what one that has begun leaves is stored all the same.
    public var endpointFailure: FailureCause?
    /// Peaks and totals of what the containers used, for the manifest.
    public var usageSummary: @Sendable () -> [String: String] = { [:] }

    public init(
        configuration: AgentConfiguration, pod: PodIdentity, rules: LifecycleRules, entrypoint: String?
    ) {
        self.configuration = configuration
        self.pod = pod
        self.rules = rules
        self.entrypoint = entrypoint
    }
}
