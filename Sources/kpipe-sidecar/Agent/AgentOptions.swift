import ArgumentParser
import Basics
import FoundationEssentials
import SidecarAgent
import Transfer

/// What `agent` and `run` have in common.
struct AgentOptions: ParsableArguments {
    @Option(help: "The step's configuration: one YAML or JSON document. Else KPIPE_CONFIG holds it.")
    var config: String?

    @Option(help: "Time from SIGTERM to SIGKILL, as in 90s: the pod's terminationGracePeriodSeconds.")
    var grace: String?

    @OptionGroup var stores: StoreOptions

    @OptionGroup var logging: LoggingOptions

    var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The configuration's sources, `flags` with the highest rank.
    func sources(_ flags: [(path: String, value: String?)]) -> ConfigurationSources {
        let given = (flags + [("grace", grace)]).compactMap { flag in
            flag.value.map { ConfigurationOverride(path: flag.path, value: $0, origin: "--\(flag.path)") }
        }
        return ConfigurationSources(file: config, environment: environment, flags: given)
    }

    /// Within what the container may use.
    func engine(for limits: TransferLimits) -> (TransferEngine, StoreRegistry) {
        let configuration = TransferConfiguration(
            memory: Int(limits.memory.bytes), maximumConcurrency: limits.concurrency
        ).fitting(memoryLimit: TransferConfiguration.memoryLimit)
        let registry = StoreRegistry(stores.configuration(concurrency: configuration.maximumConcurrency))
        return (TransferEngine(stores: registry, configuration: configuration), registry)
    }
}
