import Admission
import ArgumentParser
import Basics
import Glibc
import KubeModel
import OperatorConfiguration
import Render
import Terminator
import Transfer
import WorkdirProtocol
import YAMLTree

/// `render install`: what an operator applies.
struct RenderInstallCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Makes what an operator applies: the terminator for a whole cluster.",
        discussion: """
            Namespace, accounts with exactly the verbs used, two replicas of which one leads, a disruption budget, a \
            service for metrics, the admission webhook, which does nothing where no label asks for it. The node agent is \
            a DaemonSet that ends containers through the runtime's socket; only with it the namespace must admit \
            privileged pods.

            EXAMPLES
              1. Look first, then apply:
                 kpipe-sidecar render install | less
                 kpipe-sidecar render install \\
                   --image registry.example/kpipe-sidecar:0.1.0 \\
                   --exit-image registry.example/kpipe-exit:0.1.0 | kubectl apply -f -
              2. With the node agent on CRI-O, and a configuration of your own:
                 kpipe-sidecar render install --config terminator.yaml \\
                   --node-agent --cri-socket /run/crio/crio.sock
            """)

    @Option(help: "The namespace of everything here.") var namespace = ClusterInstallation.defaultNamespace
    @Option(help: "The image of controller and node agent.") var image = "kpipe-sidecar:\(Version.current)"
    @Option(help: "What containers are swapped to.") var exitImage = "kpipe-exit:\(Version.current)"
    @Option(help: "Replicas of the controller.") var replicas = 2
    @Option(help: "The terminator's configuration file, to go into a ConfigMap.") var config: String?
    @Flag(help: "Add the node agent.") var nodeAgent = false
    @Option(help: "The container runtime's socket on the nodes.") var criSocket = ClusterInstallation
        .defaultRuntimeSocket
    @Flag(inversion: .prefixedNo, help: "Add the admission webhook.") var webhook = true
    @Flag(help: "Let the controller use Kruise's ContainerRecreateRequest.") var kruise = false
    @Flag(help: "Add a ServiceMonitor for the Prometheus operator.") var serviceMonitor = false
    @Option(name: [.customShort("o"), .long], help: "The output's format.") var format = ManifestFormat.yaml

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard replicas > 0 else { throw ValidationError("--replicas expects a number from 1 on") }
        guard criSocket.hasPrefix("/") else { throw ValidationError("--cri-socket expects an absolute path") }
    }

    func run() throws {
        var installation = ClusterInstallation(
            namespace: namespace, image: image, exitImage: exitImage, replicas: replicas, nodeAgent: nodeAgent,
            runtimeSocket: criSocket, serviceMonitor: serviceMonitor, kruise: kruise)
        var configuration = TerminatorConfiguration()
        if let config { (installation.configuration, configuration) = try read(config) }
        if webhook { installation.webhook = try webhook(configuration.webhook) }
        try GeneratorInput.write(installation.documents, as: format)
    }

    /// Checked once, so that no broken file gets into a cluster; written as it stands.
    private func read(_ path: String) throws -> (text: String, TerminatorConfiguration) {
        let name = GeneratorInput.name(path)
        switch ManifestFiles.read(path, limit: YAMLLimits().bytes) {
        case .failure(let error): throw CommandFailure(.noInput, "\(name): cannot be read: \(error)")
        case .success(let bytes):
            let configuration = try GeneratorInput.reporting(path) {
                let configuration = try TerminatorConfiguration(parsing: bytes, source: name)
                guard !nodeAgent || configuration.nodeAgent else {
                    throw CommandFailure(
                        .data,
                        "\(name): --node-agent needs “nodeAgent: true” in it, or the terminator asks nothing of it")
                }
                return configuration
            }
            return (String(decoding: bytes, as: UTF8.self), configuration)
        }
    }

    private func webhook(_ configuration: WebhookConfiguration) throws -> ClusterInstallation.Webhook {
        guard configuration.port > 0 else {
            throw CommandFailure(.data, "webhook.port: a Service needs a port that is known, from 1 to 65535")
        }
        return ClusterInstallation.Webhook(
            port: configuration.port, path: WebhookConfiguration.path,
            certificates: configuration.certificates.installed, certificateFolder: configuration.certificateFolder,
            service: configuration.service, secret: configuration.secret, configuration: configuration.configuration,
            timeoutSeconds: configuration.apiServersTimeout, label: WellKnownNames.Label.convert,
            enabled: WellKnownNames.Label.enabled, disabled: WellKnownNames.Label.disabled,
            nameLabel: WellKnownNames.Label.namespaceName, excludedNamespaces: [AdmissionOptions.clusterNamespace])
    }
}

extension WebhookConfiguration.Certificates {
    fileprivate var installed: ClusterInstallation.Webhook.Certificates {
        switch self {
        case .own: .own
        case .certManager: .certManager
        case .files: .given
        }
    }
}
