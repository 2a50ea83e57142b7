/// Everything an agent is given besides its transfers.
public struct AgentSettings: Sendable {
    public var configuration: AgentConfiguration
    public var pod: PodIdentity
    public var rules: LifecycleRules
    /// The static entrypoint to place in the volume; `nil`: it must lie there already.
    public var entrypoint: String?
    /// Main may run as another user, as in a pod.
    public var openToAll = true
    /// What is wrong with the configuration. The agent then fetches nothing, says so and stays.
    public var failure: FailureCause?
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
