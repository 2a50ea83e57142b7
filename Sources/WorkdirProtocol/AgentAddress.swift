/// Where the agent answers. Public contract, because probes and scrapers name it.
public enum AgentAddress {
    public static let defaultPort = 9797
    /// Answers 200 once main may start.
    public static let ready = "/ready"
}
