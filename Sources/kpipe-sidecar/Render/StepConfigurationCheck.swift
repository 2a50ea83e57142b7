import Render
import SidecarAgent
import WorkdirProtocol

/// Looks at a step's configuration as the agent will, with stand-ins for what only the pod knows.
enum StepConfigurationCheck {
    static func check(_ step: Step) throws {
        let document = ManifestWriter.json([.map(step.configuration)])
        var environment = [AgentVariable.config: document]
        for name in [
            AgentVariable.podName, AgentVariable.podNamespace, AgentVariable.podUID, AgentVariable.jobName,
        ] { environment[name] = "x" }
        for name in variables(in: document) where environment[name] == nil { environment[name] = "x" }
        _ = try ConfigurationSources(environment: environment).load()
    }

    /// Every NAME of `{env.NAME}`.
    private static func variables(in text: String) -> [String] {
        text.split(separator: "{env.").dropFirst().map { String($0.prefix { $0 != "}" }) }
    }
}
