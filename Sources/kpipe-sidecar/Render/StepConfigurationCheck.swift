import Render
import SidecarAgent
import WorkdirProtocol

/// Looks at a step's configuration as the agent will, with stand-ins for what only the pod knows.
enum StepConfigurationCheck {
    static func check(_ step: Step) throws {
        var configuration = step.configuration
        // An older or a newer agent may know more or fewer targets than this build.
        if let index = configuration.firstIndex(where: { $0.name == "state" }),
            case .list(let targets) = configuration[index].value
        {
            configuration[index].value = .list(targets.filter { !isKubernetes($0) })
        }
        let document = ManifestWriter.json([.map(configuration)])
        var environment = [AgentVariable.config: document]
        for name in [
            AgentVariable.podName, AgentVariable.podNamespace, AgentVariable.podUID, AgentVariable.jobName,
        ] { environment[name] = "x" }
        for name in variables(in: document) where environment[name] == nil { environment[name] = "x" }
        _ = try ConfigurationSources(environment: environment).load()
    }

    private static func isKubernetes(_ target: Manifest) -> Bool {
        guard case .map(let fields) = target else { return false }
        return fields.contains { $0.name == "to" && ($0.value == .plain("kubernetes") || $0.value == "kubernetes") }
    }

    /// Every NAME of `{env.NAME}`.
    private static func variables(in text: String) -> [String] {
        text.split(separator: "{env.").dropFirst().map { String($0.prefix { $0 != "}" }) }
    }
}
