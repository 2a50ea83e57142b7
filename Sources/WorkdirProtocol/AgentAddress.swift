/// Where the agent answers. Public contract, because probes and scrapers name it.
package enum AgentAddress {
    package static let defaultPort = 9797
    /// Answers 200 once main may start.
    package static let ready = "/ready"
}
