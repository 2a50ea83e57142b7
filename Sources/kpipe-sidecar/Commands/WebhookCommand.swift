import Admission
import ArgumentParser
import CIdle
import HTTPServer
import KubeClient
import Logging
import OperatorConfiguration
import Render
import Telemetry
import Terminator
import UnixSignals
import WorkdirProtocol

/// `webhook`: makes sidecars native as pods are created.
struct WebhookCommand: AsyncParsableCommand, LoggedCommand {
    static let defaultLogLevel = Logger.Level.info

    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Makes sidecars native as pods are created.",
        discussion: """
            Answers the API server about pods that are being created, and turns their marked sidecars into init containers \
            with restartPolicy: Always where the label sidecar.k-pipe.cloud/convert=enabled asks for it. On any doubt the \
            pod comes in as it is. render install has all that it needs in a cluster. Every replica answers.

            With --client-ca only callers are let in that show a certificate of that authority: the API server, where its \
            --admission-control-config-file names one for us.

            EXAMPLES
              One of several replicas in a cluster:
                kpipe-sidecar webhook --config /etc/kpipe/terminator.yaml
              For the API server alone:
                kpipe-sidecar webhook --client-ca /etc/kpipe-client-authority/ca.crt
            """)

    @Option(help: ArgumentHelp("The terminator's configuration, YAML or JSON.", valueName: "file"), completion: .file())
    var config: String?

    @Option(help: "Where reviews are answered, over TLS; 0: any. Before webhook.port of the configuration.")
    var port: Int?

    @Option(
        name: .customLong("client-ca"),
        help: ArgumentHelp("Let in only callers with a certificate of this authority (PEM).", valueName: "file"),
        completion: .file())
    var clientAuthority: String?

    @Option(help: "Port of /metrics, /healthz and /readyz; 0: any.")
    var statusPort = ClusterInstallation.statusPort

    @Flag(help: "Say in warnings what would be done, and change nothing.")
    var dryRun = false

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        if let port { try checkPort(port) }
        try checkPort(statusPort, of: "--status-port")
    }

    func run() async throws {
        // Reviews may be large, and come in crowds.
        cidle_return_blocks()
        let file = try OperatorFile(config) { configuration in
            if let port { configuration.webhook.port = port }
        }
        let access = try kube.access()
        let logger = Logger(label: "webhook")
        let registry = MetricRegistry()
        let api = KubeClient(access, KubeClientOptions(rate: nil, observer: RequestMetrics(registry)))
        let admission = AdmissionWebhook(
            file.configuration,
            AdmissionOptions(
                ownNamespace: access.homeNamespace, onlyNamespace: kube.namespace, isDryRun: dryRun,
                clientAuthority: clientAuthority),
            api: api, registry: registry, logger: logger)
        let endpoint = TerminatorEndpoint(registry) {
            admission.isReady ? nil : "the webhook has no certificate yet"
        }
        let (server, reviews) = try await listening {
            (try await endpoint.serve(port: statusPort), try await admission.listen())
        }
        let news = ConfigurationNews(api, access.homeNamespace, registry, logger)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await admission.run(reviews) }
            group.addTask { for await _ in signals { return } }
            group.addTask { await file.follow(news) { admission.adopt($0) } }
            await group.next()
            await reviews.farewell()
            group.cancelAll()
        }
        await server.stop()
        await api.shutdown()
    }
}

/// Refuses what is no port of an option.
func checkPort(_ port: Int, of option: String = "--port") throws {
    guard (0...65_535).contains(port) else { throw ValidationError("\(option) expects a number from 0 to 65535") }
}

/// - Throws: `CommandFailure` with 75 where a port is taken.
func listening<Value>(_ start: () async throws -> Value) async throws -> Value {
    do { return try await start() } catch { throw CommandFailure(.temporary, "\(error)") }
}
