import ArgumentParser
import Basics
import CIdle
import ConfigSchema
import Glibc
import HTTPServer
import KubeClient
import Logging
import PodRules
import SidecarAgent
import Telemetry
import Transfer
import UnixSignals
import WorkdirProtocol

/// `agent`: the sidecar of a step's pod.
struct AgentCommand: AsyncParsableCommand, LoggedCommand {
    static let defaultLogLevel = Logger.Level.info

    static let configuration = CommandConfiguration(
        commandName: "agent", abstract: "Runs as a step's sidecar: inputs, outputs, states.",
        discussion: """
            Fetches the inputs into WORKDIR/input, places the entrypoint, publishes `ready`, follows the main container's \
            markers, stores WORKDIR/output when it has ended, reports every state, and leaves with 0 on SIGTERM.

            A native sidecar that exits is restarted for ever; so a step that cannot succeed is told through \
            .kpipe/failed and the reports, and the agent stays. It refuses to start (and exits) only without a usable \
            volume: 75 while another agent is at work there, 77 without permission, 74 for any other reason.

            Every option has a variable: KPIPE_CONFIG (the document itself), KPIPE_WORKDIR, KPIPE_STATE_DIR, \
            KPIPE_PORT, KPIPE_GRACE, KPIPE_LEGACY. KPIPE_RESTART_POLICY says main's restart policy (Never or OnFailure), KPIPE_POD_NAME, \
            KPIPE_POD_NAMESPACE, KPIPE_POD_UID and KPIPE_JOB_NAME say whose step it is, KPIPE_ENTRYPOINT where the \
            entrypoint's binary lies.

            EXAMPLES
              kpipe-sidecar agent --config /etc/kpipe/step.yaml
              KPIPE_CONFIG='{inputs: [{from: "s3://bucket/words"}]}' \\
                kpipe-sidecar agent --workdir /workdir --grace 90s
            """)

    @OptionGroup var options: AgentOptions

    @Option(help: "Where the shared volume is mounted (\(WorkdirPath.defaultRoot)).")
    var workdir: String?

    @Option(
        help: "Where the agent keeps its memory: a volume that only it mounts. Left out: .kpipe/, which main can write."
    )
    var stateDir: String?

    @Option(help: "Port of /ready, /state, /metrics and /healthz (9797); 0: any.")
    var port: String?

    @Flag(
        help: "Run as an ordinary container beside main: SIGTERM reaches both at once, and the agent leaves by itself.")
    var legacy = false

    var logging: LoggingOptions { options.logging }

    func run() async throws {
        // Main may have the same user, and must not have the credentials.
        cidle_hide_memory()
        let environment = options.environment
        let sources = options.sources([
            ("workdir", workdir.map(Self.absolute)), ("stateDir", stateDir.map(Self.absolute)), ("port", port),
            ("legacy", legacy ? "true" : nil),
        ])
        let (configuration, failure) = try load(sources, environment)
        let policy = try? Self.restartPolicy(environment)
        var settings = AgentSettings(
            configuration: configuration, pod: sources.pod,
            rules: LifecycleRules(placement: configuration.legacy ? .legacy : .native, restartPolicy: policy ?? nil),
            entrypoint: EntrypointBinary.find(environment: environment))
        settings.configurationFailure = failure
        let services = StepServices(configuration)
        settings.usageSummary = { services.monitor.summary() }
        settings.traces = TraceExporter(environment: environment)
        settings.recordedUsage = { services.monitor.recorded() }

        let logger = Logger(label: "agent")
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (engine, registry) = options.engine(for: configuration)
        let server = await listen(services, &settings, logger)
        let agent = try SidecarAgent(
            settings, transfers: engine, logger: logger, onEvent: AgentEventLog(logger).log)
        let cluster = cluster(environment, logger)
        let sinks = services.attach(agent, pod: sources.pod, api: cluster, logger: logger)
        let ownPod = cluster.flatMap { OwnPod(sources.pod, api: $0, logger: logger) }
        async let _ = services.monitor.run()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run(reportingTo: sinks, mainStatus: ownPod) }
            group.addTask { for await _ in signals { agent.terminate() } }
            // The agent ends by itself, the signals never do.
            await group.next()
            group.cancelAll()
        }
        await server?.stop()
        await registry.shutdown()
        await cluster?.shutdown()
    }

    /// The API server, where a token is mounted (or, for trying things out, `KUBECONFIG` is set). Nothing depends on
    /// it but what was asked for, so that what is wrong with it is said and no more.
    private func cluster(_ environment: [String: String], _ logger: Logger) -> KubeClient? {
        guard ServiceAccount().isPresent(environment) || environment["KUBECONFIG"] != nil else { return nil }
        do throws(KubeError) {
            return KubeClient(try ClusterAccess.load(environment: environment))
        } catch {
            logger.warning("there is no API server to talk to", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// An agent that cannot be probed would never let main start: a failure that the step is told.
    private func listen(
        _ services: StepServices, _ settings: inout AgentSettings, _ logger: Logger
    ) async -> WebServer? {
        do {
            return try await services.listen()
        } catch {
            logger.error("\(error)")
            settings.endpointFailure = FailureCause(endpoint: error)
            return nil
        }
    }

    /// A configuration that is wrong is told to main, to whom its sound fields name, and in the log; the agent then lives on
    /// those and on defaults, and stays.
    private func load(
        _ sources: ConfigurationSources, _ environment: [String: String]
    ) throws -> (AgentConfiguration, FailureCause?) {
        do {
            _ = try Self.restartPolicy(environment)
            return (try sources.load(), nil)
        } catch {
            let message = "\(error)"
            diagnostics.say(message)
            return (
                sources.soundFields(),
                FailureCause(
                    .error, container: .agent, reason: FailureReason.configuration,
                    message: message.split(separator: "\n").joined(separator: "; "),
                    exitCode: WorkdirProtocol.ExitCode.configuration.rawValue)
            )
        }
    }

    static let restartPolicyVariable = AgentVariable.restartPolicy

    private static func restartPolicy(_ environment: [String: String]) throws -> RestartPolicy? {
        guard let text = environment[restartPolicyVariable], !text.isEmpty else { return nil }
        guard let policy = RestartPolicy(rawValue: text), policy != .always else {
            throw ConfigurationError(
                source: "environment",
                problems: [
                    ConfigurationProblem(
                        path: "", origin: restartPolicyVariable, message: "expected Never or OnFailure, found \(text)")
                ])
        }
        return policy
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : ProcessEnvironment.folder + "/" + path
    }
}

/// What `agent` and `run` have in common.
struct AgentOptions: ParsableArguments {
    @Option(help: "The step's configuration: one YAML or JSON document. Else KPIPE_CONFIG holds it.")
    var config: String?

    @Option(help: "Time from SIGTERM to SIGKILL, as in 90s: the pod's terminationGracePeriodSeconds.")
    var grace: String?

    @OptionGroup var stores: StoreOptions

    @OptionGroup var logging: LoggingOptions

    var environment: [String: String] { ProcessEnvironment.current }

    /// The configuration's sources, `flags` with the highest rank.
    func sources(_ flags: [(path: String, value: String?)]) -> ConfigurationSources {
        let given = (flags + [("grace", grace)]).compactMap { flag in
            flag.value.map {
                ConfigurationOverride(path: flag.path, value: $0, origin: ConfigurationOverride.flag(for: flag.path))
            }
        }
        return ConfigurationSources(file: config, environment: environment, flags: given)
    }

    /// Within what the container may use.
    func engine(for step: AgentConfiguration) -> (TransferEngine, StoreRegistry) {
        let (transfer, limits) = (step.transfer, step.limits)
        var configuration = TransferConfiguration(
            memory: Int(transfer.memory.bytes), maximumConcurrency: transfer.concurrency,
            archives: ArchiveLimits(bytes: Int64(limits.unpackBytes.bytes), entries: limits.unpackFiles)
        ).fitting(memoryLimit: TransferConfiguration.memoryLimit)
        configuration.deadline = transfer.deadline
        configuration.retry.attempts = transfer.attempts
        configuration.outputs = OutputLimits(
            bytes: Int64(limits.outputBytes.bytes), files: limits.outputFiles, depth: limits.outputDepth)
        let registry = StoreRegistry(
            stores.configuration(
                concurrency: configuration.maximumConcurrency, minimumSpeed: Int64(transfer.minimumSpeed.bytes)))
        return (TransferEngine(stores: registry, configuration: configuration), registry)
    }
}
