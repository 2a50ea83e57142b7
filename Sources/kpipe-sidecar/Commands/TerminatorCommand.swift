import Admission
import ArgumentParser
import CIdle
import HTTPServer
import KubeClient
import KubeModel
import KubeRuntime
import Logging
import OperatorConfiguration
import Render
import Telemetry
import Terminator
import UnixSignals
import WorkdirProtocol

/// `terminator`: the controller that lets Jobs complete when their work is done.
struct TerminatorCommand: AsyncParsableCommand, LoggedCommand {
    static let defaultLogLevel = Logger.Level.info

    static let configuration = CommandConfiguration(
        commandName: "terminator", abstract: "Ends sidecars once the main containers of a Job's pod have ended.",
        discussion: """
            Follows the pods that carry a marker (KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT=true in a container's \
            environment, or the annotation sidecar.k-pipe.cloud/sidecars) and whose restart policy is Never or OnFailure. \
            When the main containers have ended, the sidecars are ended so that the Job gets main's result.

            /metrics, /healthz and /readyz are served on the port. Without --namespace all namespaces are watched.

            A changed configuration file is taken over while it runs, or refused with an Event, a line of log and a metric.

            With --webhook it also does what kpipe-sidecar webhook does, in the same process. Apart from each other what \
            befalls one leaves the other alone.

            EXAMPLES
              What would be done in this cluster, once, without doing it:
                kpipe-sidecar terminator --once --dry-run

              One of two replicas in a cluster:
                kpipe-sidecar terminator --leader-elect \\
                  --exit-image registry.example/kpipe-exit:1
            """)

    @Option(help: ArgumentHelp("The configuration, YAML or JSON.", valueName: "file"), completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("An image that exits with 0, to swap sidecars to.", valueName: "image"))
    var exitImage: String?

    @Flag(help: "Work only while holding the Lease \(Self.leaseName), so that one of several replicas works.")
    var leaderElect = false

    @Option(help: "Port of /metrics, /healthz and /readyz; 0: any.")
    var port = ClusterInstallation.statusPort

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Look at every pod once and end.")
    var once = false

    @Flag(help: "Also make sidecars native as pods are created; render install has what that needs.")
    var webhook = false

    @Option(
        name: .customLong("kube-api-qps"),
        help: ArgumentHelp(
            "Requests to the API server a second; where more are due, namespaces take turns.", valueName: "n"))
    var requestRate = 6000

    @Option(
        name: .customLong("kube-api-burst"), help: ArgumentHelp("Requests to the API server at once.", valueName: "n"))
    var requestBurst = 6000

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    static let leaseName = ClusterInstallation.leaseName
    /// Requests under way at once: some thousand a second at a tenth of a second of round trip.
    private static let concurrency = 512

    func validate() throws {
        try checkPort(port)
        if requestRate < 1 { throw ValidationError("--kube-api-qps is a number of requests a second from 1") }
        if requestBurst < 1 { throw ValidationError("--kube-api-burst is a number of requests from 1") }
        if webhook, once { throw ValidationError("--webhook answers as long as it runs: leave out --once") }
    }

    func run() async throws {
        let file = try OperatorFile(config) { configuration in
            if let exitImage { configuration.exitImage = exitImage }
        }
        var options = TerminatorOptions()
        options.namespace = kube.namespace
        options.isDryRun = dryRun
        options.isOnce = once
        let access = try kube.access()

        let logger = Logger(label: "terminator")
        let registry = MetricRegistry()
        // Enough for a thousand pods that end within a second; the server's own flow control does the rest.
        let api = KubeClient(
            access,
            KubeClientOptions(
                rate: Double(requestRate), burst: requestBurst, concurrency: Self.concurrency,
                observer: RequestMetrics(registry)))
        if once { try await look(api) }
        let streams = ClusterStreams(api)
        let supervisor = TerminatorSupervisor(file.configuration) { [options] configuration in
            TerminatorController(
                configuration, options, api: api, streams: streams, registry: registry, logger: logger,
                release: { cidle_release_memory() })
        }
        let admission =
            webhook ? admission(file.configuration, api, registry, ownNamespace: access.homeNamespace) : nil
        let server = try await listen(registry, supervisor, admission)
        let reviews = try await listening { try await admission?.listen() }
        let news = ConfigurationNews(api, access.homeNamespace, registry, logger)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await work(supervisor, api, access, registry, logger) }
            if !once { group.addTask { await api.stayConnected() } }
            if let admission, let reviews { group.addTask { await admission.run(reviews) } }
            group.addTask {
                await file.follow(news) { configuration in
                    if let refusal = admission?.adopt(configuration) { return refusal }
                    supervisor.adopt(configuration)
                    return nil
                }
            }
            group.addTask {
                var isStopping = false
                for await _ in signals {
                    supervisor.stop()
                    // A replica that waits for the lease has nothing to finish, and who asks twice does not want to wait.
                    if isStopping || !supervisor.isReady { return }
                    isStopping = true
                }
            }
            await group.next()
            await reviews?.farewell()
            group.cancelAll()
        }
        await server?.stop()
        await api.shutdown()
    }

    private func listen(
        _ registry: MetricRegistry, _ supervisor: TerminatorSupervisor, _ admission: AdmissionWebhook?
    ) async throws -> WebServer? {
        guard !once else { return nil }
        let endpoint = TerminatorEndpoint(registry) {
            // A replica in waiting is ready to take over.
            guard leaderElect || supervisor.isReady else { return "pods have not been seen yet" }
            return admission?.isReady == false ? "the webhook has no certificate yet" : nil
        }
        return try await listening { try await endpoint.serve(port: port) }
    }

    /// Whether the pods can be listed at all: what lasts would ask again and again, and a look that is made once would never
    /// end.
    private func look(_ api: KubeClient) async throws {
        var options = ListOptions()
        options.limit = 1
        do throws(KubeError) { _ = try await api.send(.list(.pods, namespace: kube.namespace ?? "", options)) } catch {
            throw CommandFailure(error.exitCode, error.description)
        }
    }

    private func admission(
        _ configuration: TerminatorConfiguration, _ api: any KubeAPI, _ registry: MetricRegistry, ownNamespace: String
    ) -> AdmissionWebhook {
        AdmissionWebhook(
            configuration,
            AdmissionOptions(
                ownNamespace: ownNamespace, onlyNamespace: kube.namespace, isDryRun: dryRun),
            api: api, registry: registry, logger: Logger(label: "webhook"))
    }

    private func work(
        _ supervisor: TerminatorSupervisor, _ api: KubeClient, _ access: ClusterAccess, _ registry: MetricRegistry,
        _ logger: Logger
    ) async {
        guard leaderElect else { return await supervisor.run() }
        let election = LeaderElection(
            lease: ObjectKey(namespace: access.namespace, name: Self.leaseName), api: api,
            metrics: LeaderElectionMetrics(registry), logger: logger)
        do {
            try await election.run { _ in await supervisor.run() }
        } catch {
            // Another leads now; this process starts anew, so that nothing of its time as leader is left.
            logger.notice("stopped leading", metadata: ["reason": "\(error)"])
        }
    }
}
