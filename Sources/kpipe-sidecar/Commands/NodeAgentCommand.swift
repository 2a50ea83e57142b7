import ArgumentParser
import ContainerRuntime
import HTTPServer
import KubeClient
import Logging
import OperatorConfiguration
import Render
import Telemetry
import Terminator
import UnixSignals
import WorkdirProtocol

/// `node-agent`: stops sidecars on its own node for the terminator.
struct NodeAgentCommand: AsyncParsableCommand, LoggedCommand {
    static let defaultLogLevel = Logger.Level.info

    static let configuration = CommandConfiguration(
        commandName: "node-agent", abstract: "Stops sidecars on one node through the container runtime.",
        discussion: """
            One of it runs on each node (render install --node-agent). It follows its own node's pods; where the \
            terminator asks by an annotation for a container to be stopped, it reads the pod anew, decides by the same \
            rules, and lets the runtime stop the container with the pod's grace period.

            /metrics, /healthz and /readyz are served on the port. Without --namespace all namespaces are watched.

            EXAMPLES
              In a pod of a DaemonSet:
                kpipe-sidecar node-agent --node-name "$NODE_NAME" \\
                  --cri-socket \(ClusterInstallation.defaultRuntimeSocket)
            """)

    @Option(help: ArgumentHelp("The container runtime's socket.", valueName: "path"), completion: .file())
    var criSocket: String

    @Option(help: ArgumentHelp("The node whose pods count.", valueName: "name"))
    var nodeName: String

    @Option(
        help: ArgumentHelp("The terminator's configuration: the same markers are to count.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(help: "Port of /metrics, /healthz and /readyz; 0: any.")
    var port = ClusterInstallation.statusPort

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        // It goes into a selector, in which these have a meaning of their own.
        guard !nodeName.isEmpty, !nodeName.contains(where: { ",=!".contains($0) || $0.isWhitespace }) else {
            throw ValidationError("--node-name expects the name of a node")
        }
    }

    func run() async throws {
        let configuration = try config.map { try TerminatorConfiguration(file: $0) } ?? TerminatorConfiguration()
        let access = try kube.access()
        let logger = Logger(label: "node-agent")
        let registry = MetricRegistry()
        let runtime = ContainerRuntime(socket: criSocket)
        try await introduce(runtime, logger)
        let api = KubeClient(access, KubeClientOptions(observer: RequestMetrics(registry)))
        let agent = NodeAgent(
            api, runtime: runtime, node: nodeName, namespace: kube.namespace, rules: configuration.rules,
            registry: registry, logger: logger)
        let server = try await listen(registry, agent)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            group.addTask { for await _ in signals { return } }
            await group.next()
            group.cancelAll()
        }
        await server.stop()
        await api.shutdown()
        await runtime.shutdown()
    }

    /// An agent that cannot reach its runtime is of no use, and its restarts tell so.
    private func introduce(_ runtime: ContainerRuntime, _ logger: Logger) async throws {
        do {
            let version = try await runtime.version()
            logger.info(
                "the runtime answers",
                metadata: ["runtime": "\(version.runtime)", "version": "\(version.version)", "api": "\(version.api)"])
        } catch {
            throw CommandFailure(.temporary, "cannot ask the container runtime: \(error)")
        }
    }

    private func listen(_ registry: MetricRegistry, _ agent: NodeAgent) async throws -> WebServer {
        do {
            return try await TerminatorEndpoint(registry) { agent.isReady }.serve(port: port)
        } catch {
            throw CommandFailure(.temporary, "\(error)")
        }
    }
}
