import ArgumentParser
import Basics
import ContainerRuntime
import HTTPServer
import KubeClient
import Logging
import OperatorConfiguration
import Render
import Synchronization
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
        try checkPort(port)
        // It goes into a selector, in which these have a meaning of their own.
        guard !nodeName.isEmpty, !nodeName.contains(where: { ",=!".contains($0) || $0.isWhitespace }) else {
            throw ValidationError("--node-name expects the name of a node")
        }
    }

    func run() async throws {
        let file = try OperatorFile(config)
        let access = try kube.access()
        let logger = Logger(label: "node-agent")
        let registry = MetricRegistry()
        let runtime = ContainerRuntime(socket: criSocket)
        try await introduce(runtime, logger)
        let api = KubeClient(access, KubeClientOptions(observer: RequestMetrics(registry)))
        let lost = Signal()
        let agents = NodeAgentShifts(file.configuration) { [nodeName, namespace = kube.namespace] configuration in
            NodeAgent(
                api, runtime: runtime, node: nodeName, namespace: namespace, rules: configuration.rules,
                registry: registry, logger: logger, runtimeIsLost: { lost.send() })
        }
        let endpoint = TerminatorEndpoint(registry) { agents.isReady }
        let server = try await listening { try await endpoint.serve(port: port) }
        let news = ConfigurationNews(api, access.homeNamespace, registry, logger)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let isLost = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await agents.run()
                return false
            }
            group.addTask {
                await file.follow(news) {
                    agents.adopt($0)
                    return nil
                }
                return false
            }
            group.addTask {
                for await _ in signals { break }
                return false
            }
            group.addTask { await lost.wait() }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        await server.stop()
        await api.shutdown()
        await runtime.shutdown()
        // A runtime that was started anew has a new socket, and what is mounted is the old one until the container is.
        if isLost { throw CommandFailure(.temporary, "the container runtime does not answer at \(criSocket) any more") }
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
}

/// One agent after the other, each by the configuration that is in force.
private final class NodeAgentShifts: Sendable {
    private let agent: Mutex<NodeAgent>
    private let make: @Sendable (TerminatorConfiguration) -> NodeAgent
    private let changed = Signal()

    init(_ configuration: TerminatorConfiguration, make: @escaping @Sendable (TerminatorConfiguration) -> NodeAgent) {
        self.make = make
        agent = Mutex(make(configuration))
    }

    var isReady: Bool { agent.withLock { $0 }.isReady }

    func adopt(_ configuration: TerminatorConfiguration) {
        let new = make(configuration)
        agent.withLock { $0 = new }
        changed.send()
    }

    /// Until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let agent = agent.withLock { $0 }
            await withTaskGroup(of: Void.self) { shift in
                shift.addTask { await agent.run() }
                shift.addTask { _ = await self.changed.wait() }
                await shift.next()
                shift.cancelAll()
            }
        }
    }
}
