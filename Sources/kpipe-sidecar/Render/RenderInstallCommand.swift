import Admission
import ArgumentParser
import Basics
import HTTPTransport
import KubeClient
import OperatorConfiguration
import PodRules
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
            Namespace, accounts with exactly the verbs used (by the configuration: what no ladder names needs no right), \
            two replicas of which one leads, disruption budgets, network policies, a service for metrics, the admission \
            webhook as pods of its own, which does nothing where no label asks for it. The node agent is a DaemonSet that \
            ends containers through the runtime's socket; only with it the namespace must admit privileged pods. With \
            --only-namespace nothing is cluster-wide, so the webhook is left out.

            EXAMPLES
              1. Look first, then apply:
                 kpipe-sidecar render install | less
                 kpipe-sidecar render install \\
                   --image registry.example/kpipe-sidecar:0.1.0 \\
                   --exit-image registry.example/kpipe-exit:0.1.0 | kubectl apply -f -
              2. With the node agent on CRI-O, and a configuration of your own:
                 kpipe-sidecar render install --config terminator.yaml \\
                   --node-agent --cri-socket /run/crio/crio.sock
              3. The webhook for the API servers alone:
                 kpipe-sidecar render install --api-server-cidr 10.0.0.10/32 \\
                   --client-ca api-server-ca.crt
              4. Without rights beyond one namespace, in that namespace:
                 kpipe-sidecar render install --namespace data --only-namespace data
            """)

    @Option(help: "The namespace of everything here.") var namespace = ClusterInstallation.defaultNamespace
    @Option(help: "The image of controller and node agent.") var image = "kpipe-sidecar:\(Version.current)"
    @Option(
        help: "What containers are swapped to (default: the configuration's, or else kpipe-exit:\(Version.current)).")
    var exitImage: String?
    @Option(help: "Replicas of the controller.") var replicas = 2
    @Option(help: "The terminator's configuration file, to go into a ConfigMap.") var config: String?
    @Flag(help: "Add the node agent.") var nodeAgent = false
    @Option(help: "The container runtime's socket on the nodes.") var criSocket = ClusterInstallation
        .defaultRuntimeSocket
    @Flag(inversion: .prefixedNo, help: "Add the admission webhook.") var webhook = true
    @Option(
        help: ArgumentHelp("Look at this namespace only, by a role in it.", valueName: "name"))
    var onlyNamespace: String?
    @Option(
        name: .customLong("api-server-cidr"),
        help: ArgumentHelp(
            "Where an API server is, for network policies that let only it call the webhook. May be repeated.",
            valueName: "cidr"))
    var apiServers: [String] = []
    @Option(
        name: .customLong("client-ca"),
        help: ArgumentHelp(
            "The webhook asks its callers for a certificate of this authority (PEM).", valueName: "file"),
        completion: .file())
    var clientAuthority: String?
    @Flag(help: "Convert by a MutatingAdmissionPolicy (Kubernetes 1.36) instead of the webhook.") var policy = false
    @Flag(help: "Let the controller use Kruise's ContainerRecreateRequest.") var kruise = false
    @Flag(help: "Add a ServiceMonitor for the Prometheus operator.") var serviceMonitor = false
    @Option(name: .output, help: "The output's format.") var format = ManifestFormat.yaml

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        if policy, onlyNamespace != nil {
            throw ValidationError("--policy is cluster-wide: leave out --only-namespace")
        }
        for cidr in apiServers where !Self.isCIDR(cidr) {
            throw ValidationError("--api-server-cidr expects addresses such as 10.0.0.10/32: \(cidr)")
        }
        let names = [("--namespace", ObjectName.problem(namespace)), ("--image", ObjectName.problem(ofImage: image))]
        let chosen = [
            ("--only-namespace", onlyNamespace.flatMap { ObjectName.problem($0) }),
            ("--exit-image", exitImage.flatMap { ObjectName.problem(ofImage: $0) }),
        ]
        for case (let option, let problem?) in names + chosen { throw ValidationError("\(option): \(problem)") }
        guard (1...Int(Int32.max)).contains(replicas) else {
            throw ValidationError("--replicas expects a number from 1 to \(Int32.max)")
        }
        guard criSocket.hasPrefix("/") else { throw ValidationError("--cri-socket expects an absolute path") }
    }

    func run() throws {
        var installation = ClusterInstallation(image: image)
        (installation.namespace, installation.onlyNamespace) = (namespace, onlyNamespace)
        (installation.exitImage, installation.replicas, installation.apiServers) = (exitImage, replicas, apiServers)
        (installation.nodeAgent, installation.runtimeSocket) = (nodeAgent, criSocket)
        installation.serviceMonitor = serviceMonitor
        var configuration = TerminatorConfiguration()
        if let config { (installation.configuration, configuration) = try read(config) }
        // On the command line it would win over the file's.
        if exitImage == nil, configuration.exitImage == nil {
            installation.exitImage = "kpipe-exit:\(Version.current)"
        }
        installation.reach = TerminatorReach(configuration, kruise: kruise)
        if policy { installation.policy = ConversionPolicy(configuration.rules) }
        if webhook, !policy, onlyNamespace == nil { installation.webhook = try webhook(configuration.webhook) }
        try GeneratorInput.write(installation.documents, as: format)
    }

    /// Checked once, so that no broken file gets into a cluster; written as it stands.
    private func read(_ path: String) throws -> (text: String, TerminatorConfiguration) {
        let name = GeneratorInput.name(path)
        let bytes = try GeneratorInput.bytes(path, limit: YAMLLimits().bytes)
        let configuration = try TerminatorConfiguration(parsing: bytes, source: name)
        guard !nodeAgent || configuration.nodeAgent else {
            throw CommandFailure(
                .configuration,
                "\(name): --node-agent needs “nodeAgent: true” in it, or the terminator asks nothing of it")
        }
        return (String(decoding: bytes, as: UTF8.self), configuration)
    }

    private func webhook(_ configuration: WebhookConfiguration) throws -> ClusterInstallation.Webhook {
        guard configuration.port > 0 else {
            throw CommandFailure(.configuration, "webhook.port: a Service needs a port that is known, from 1 to 65535")
        }
        var webhook = ClusterInstallation.Webhook(
            port: configuration.port, path: WebhookConfiguration.path,
            certificates: configuration.certificates.installed, certificateFolder: configuration.certificateFolder,
            clientAuthority: try clientAuthority.map(Self.authority),
            service: configuration.service, secret: configuration.secret, configuration: configuration.configuration,
            timeoutSeconds: configuration.apiServersTimeout)
        webhook.hosts = configuration.hosts
        return webhook
    }
}

extension RenderInstallCommand {
    /// Its certificates alone: what else is in the file, a key perhaps, is nobody's business.
    private static func authority(_ path: String) throws -> String {
        let name = GeneratorInput.name(path)
        let text = String(decoding: try GeneratorInput.bytes(path, limit: 1 << 20), as: UTF8.self)
        let certificates = CertificateReader.split(text)
        guard !certificates.isEmpty else { throw CommandFailure(.data, "\(name): holds no certificate (PEM)") }
        return certificates.joined()
    }

    /// An address of either family and a length that it has.
    private static func isCIDR(_ text: String) -> Bool {
        text.contains("/") && !text.contains { "[+".contains($0) } && AddressRange(text) != nil
    }
}

extension TerminatorReach {
    /// What a configuration leaves open.
    init(_ configuration: TerminatorConfiguration, kruise: Bool) {
        let ladders =
            [configuration.ladder] + configuration.markers.compactMap(\.ladder)
            + configuration.rules.sidecars.compactMap(\.ladder)
        self.init(
            rungs: Set(ladders.joined()), quitsByProxy: configuration.quitVia == .proxy, kruise: kruise)
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
