package import Basics
internal import Conversion
package import HTTPServer
package import KubeClient
internal import KubeModel
internal import KubeRuntime
package import Logging
package import OperatorConfiguration
internal import PodRules
internal import Synchronization
package import Telemetry
internal import YAMLTree

/// The mutating webhook: asks what a decision needs, lets it be made, and tells of it. Whatever fails, the object comes
/// in as it is.
package final class AdmissionWebhook: Sendable {
    private let configuration: WebhookConfiguration
    /// What counts as a sidecar, and how long it may linger.
    private let marking: Mutex<(rules: MarkerRules, lingerLimit: Int)>
    private let options: AdmissionOptions
    private let api: any KubeAPI
    private let namespaces: NamespaceReader
    private let nodes: NodeReader
    private let discovery: Discovery
    private let events: EventRecorder
    private let gate: RequestGate
    private let metrics: WebhookMetrics
    private let logger: Logger
    private let time: Timepiece
    private let wall: WallClock
    private let certificate: ServingCertificate
    private let eventBudget = Mutex(TokenBucket(burst: 50, interval: .milliseconds(200)))
    private let late = LateReviews()

    package init(
        _ configuration: TerminatorConfiguration, _ options: AdmissionOptions, api: any KubeAPI,
        registry: MetricRegistry, logger: Logger,
        time: Timepiece = .system, wall: WallClock = .system
    ) {
        self.configuration = configuration.webhook
        marking = Mutex(configuration.marking)
        self.options = options
        certificate = ServingCertificate(clientAuthority: options.clientAuthority)
        self.api = api
        self.logger = logger
        self.time = time
        self.wall = wall
        namespaces = NamespaceReader(api, time: time)
        nodes = NodeReader(api, time: time)
        discovery = Discovery(api, time: time)
        events = EventRecorder(
            controller: Self.name, instance: LeaderElection.uniqueIdentity(), api: api, logger: logger, time: time,
            wall: wall)
        gate = RequestGate(capacity: Self.reviewsAtOnce)
        let metrics = WebhookMetrics(registry)
        self.metrics = metrics
        registry.onExposition { [certificate] in metrics.expiry.set(Double(certificate.expiry ?? 0)) }
    }

    /// In Events, as who tells.
    package static let name = "k-pipe.cloud/webhook"

    /// Whether there is a certificate to show.
    package var isReady: Bool { certificate.isLoaded }

    /// Takes over what counts as a sidecar. How it listens and by which certificates is settled when it starts.
    ///
    /// - Returns: why it stays as it is.
    package func adopt(_ new: TerminatorConfiguration) -> String? {
        guard new.webhook == configuration else {
            return "webhook: what stands there counts from the start on; restart the webhook to change it"
        }
        marking.withLock { $0 = new.marking }
        return nil
    }

    /// The server, listening; `run` serves.
    package func listen() async throws(ListenError) -> WebServer {
        var limits = ServerLimits.webhook
        limits.answer = configuration.deadline
        return try await WebServer.listen(port: configuration.port, limits: limits) { [certificate] in
            certificate.tls
        }
    }

    /// Keeps the certificate, answers and tells, until the task is cancelled.
    package func run(_ server: WebServer) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepCertificate() }
            group.addTask { await self.events.run() }
            group.addTask { await self.nodes.follow() }
            group.addTask { await self.late.follow(self.time) }
            group.addTask { await server.run { await self.respond(to: $0) } }
        }
    }

    private func keepCertificate() async {
        let webhook = configuration
        guard webhook.certificates == .own else {
            return await CertificateFolder(
                folder: webhook.certificateFolder, serving: certificate, logger: logger, time: time
            ).run()
        }
        await CertificateKeeper(
            api: api,
            requests: CertificateRequests(
                secret: ObjectKey(namespace: options.ownNamespace, name: webhook.secret),
                configuration: webhook.configuration),
            plan: CertificatePlan(names: options.names(webhook)), serving: certificate, logger: logger, time: time,
            wall: wall
        ).run()
    }

    // MARK: Requests

    func respond(to request: ServerRequest) async -> ServerResponse {
        let start = time.now()
        let (response, result) = await outcome(of: request)
        metrics.requests.increment(result)
        metrics.seconds.observe((time.now() - start) / .seconds(1))
        return response
    }

    /// What the API server is told, and a word for what became of the request.
    private func outcome(of request: ServerRequest) async -> (ServerResponse, String) {
        if let refusal = Self.refusal(of: request) { return (refusal, "malformed") }
        let (outcomes, arrival) = AsyncStream<(ServerResponse, String)?>.makeStream(
            bufferingPolicy: .bufferingOldest(1))
        // Tasks of their own: reading a large object cannot be interrupted, and nobody must have to wait for it once the
        // deadline is over. The gate bounds how much of that goes on.
        let end = time.now() + configuration.deadline
        let work = Task {
            let weight = 1 + request.body.count / Self.ordinaryBody
            arrival.yield(await gate.enter(weight: weight) { await exchange(request.body, until: end) })
        }
        let alarm = Task {
            try? await time.sleep(end)
            arrival.yield(nil)
        }
        defer { alarm.cancel() }
        var iterator = outcomes.makeAsyncIterator()
        if let outcome = await iterator.next() ?? nil { return outcome }
        if Task.isCancelled || !late.add(work) { work.cancel() }
        return (answerLate(request.body), "late")
    }

    /// Ordinary reviews decided about at once; a large one counts as several. Others wait for their turn.
    private static let reviewsAtOnce = 16
    /// Up to this size a body counts as one.
    private static let ordinaryBody = 32 << 10

    /// What is wrong before the body is looked at.
    private static func refusal(of request: ServerRequest) -> ServerResponse? {
        guard request.path == WebhookConfiguration.path else { return .text("not found", status: 404) }
        guard request.method == "POST" else {
            return .methodNotAllowed("POST")
        }
        let type = request.contentType.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        return type == "application/json" ? nil : .text("expected application/json", status: 415)
    }

    /// - Parameter end: who comes later has been answered for; what is told then is that.
    private func exchange(_ body: [UInt8], until end: Duration) async -> (ServerResponse, String) {
        let request: AdmissionRequest
        do { request = try AdmissionRequest(review: body) } catch {
            logger.warning("a request is no review", error: error)
            return (.text(error.description, status: 400), "malformed")
        }
        let surroundings = await surroundings(of: request)
        var decision = AdmissionDecision(request, in: surroundings)
        if time.now() >= end { decision = decision.late(tooLate, request, surroundings) }
        // Nobody waits to hear of it any more.
        if !Task.isCancelled { tell(decision, request, surroundings) }
        return (.json(decision.answer(to: request.uid).json), decision.result.rawValue)
    }

    private var tooLate: String { "deciding took longer than \(configuration.deadline)" }

    private func answerLate(_ body: [UInt8]) -> ServerResponse {
        logger.warning("an object is left as it was", metadata: ["reason": "\(tooLate)"])
        guard let uid = AdmissionRequest.uid(in: body) else { return .text(tooLate, status: 503) }
        return .json(AdmissionAnswer(uid: uid, warnings: ["kpipe-sidecar: left as it was: \(tooLate)"]).json)
    }

    // MARK: Decisions

    private func surroundings(of request: AdmissionRequest) async -> AdmissionSurroundings {
        let (rules, lingerLimit) = marking.withLock { $0 }
        var surroundings = AdmissionSurroundings(
            version: nil, rules: rules, lingerLimit: lingerLimit,
            excludedNamespaces: [WellKnownNames.systemNamespace, options.ownNamespace],
            onlyNamespace: options.onlyNamespace, isDryRun: options.isDryRun)
        guard AdmissionDecision.needsNamespace(request) else { return surroundings }
        do throws(KubeError) {
            let version = try await discovery.version()
            surroundings.version = KubeVersion(version.text) ?? KubeVersion("\(version.major).\(version.minor)")
            surroundings.namespace = try await namespaces.labels(of: request.namespace)
            surroundings.nodes = nil
            surroundings.nodes = try await nodes.fleet()
        } catch {
            logger.warning("a decision lacks what it needs to know", error: error)
        }
        return surroundings
    }

    private func tell(
        _ decision: AdmissionDecision, _ request: AdmissionRequest, _ surroundings: AdmissionSurroundings
    ) {
        let level: Logger.Level =
            switch decision.result {
            case .converted, .restored: .info
            case .left: .warning
            case .unchanged, .unasked, .advised: .debug
            }
        let metadata = request.object?["metadata"]
        let name = metadata?["name"]?.text ?? metadata?["generateName"]?.text ?? ""
        logger.log(
            level: level, "a review was answered",
            metadata: [
                "kind": "\(request.kind.kind)", "object": "\(request.namespace)/\(name)",
                "result": "\(decision.result.rawValue)", "sidecars": "\(decision.sidecars.joined(separator: ","))",
                "reason": "\(decision.event?.note ?? "")",
            ])
        // Nothing is stored in a dry run, so there is nothing to tell of.
        guard !request.isDryRun, let event = decision.event else { return }
        let outcome =
            EventPermit(surroundings, isCallerKnown: options.clientAuthority != nil).refusal
            ?? (eventBudget.withLock { $0.take(at: time.now()) } ? nil : EventPermit.overBudget)
        if outcome == nil { events.record(event) }
        metrics.events.increment(outcome ?? "told")
    }
}

extension TerminatorConfiguration {
    fileprivate var marking: (rules: MarkerRules, lingerLimit: Int) {
        (rules, Int(clamping: lingerLimit.components.seconds))
    }
}

/// What a command line and a cluster say beside the configuration.
package struct AdmissionOptions: Sendable {
    /// Where we run: Secret and Service are there, and its pods are left alone.
    package var ownNamespace: String
    /// `nil`: all namespaces.
    package var onlyNamespace: String?
    /// Says what would be done, and does nothing.
    package var isDryRun: Bool
    /// A file of certificates of which callers have to show one; `nil`: anybody may call.
    package var clientAuthority: String?

    package init(
        ownNamespace: String, onlyNamespace: String? = nil, isDryRun: Bool = false, clientAuthority: String? = nil
    ) {
        self.ownNamespace = ownNamespace
        self.onlyNamespace = onlyNamespace
        self.isDryRun = isDryRun
        self.clientAuthority = clientAuthority
    }

    /// What the certificate is made out to: the Service, by all its names, and what the operator adds.
    func names(_ webhook: WebhookConfiguration) -> Set<String> {
        let service = "\(webhook.service).\(ownNamespace).svc"
        return Set([webhook.service, "\(webhook.service).\(ownNamespace)", service, "\(service).cluster.local"])
            .union(webhook.hosts)
    }
}

/// Whether what a review leads to may be told in an Event. Whoever reaches the port can send a review about anything, and
/// Events on other people's objects are ours to write: so without a certificate of the caller the namespace itself, as the
/// API server knows it, has to ask for conversion.
struct EventPermit {
    /// In one word, for the metric; `nil`: it may.
    let refusal: String?
    /// More in a moment than all of them may be.
    static let overBudget = "budget"

    init(_ surroundings: AdmissionSurroundings, isCallerKnown: Bool) {
        refusal = isCallerKnown || surroundings.namespace?.converts == true ? nil : "unproven"
    }
}

/// Reviews that were answered before they were decided about. What comes of a few of them is awaited all the same, to tell
/// the owner of it; they hold their place among those that are worked on, so only for a while.
private final class LateReviews: Sendable {
    private let works: AsyncStream<Task<Void, Never>>
    private let entrance: AsyncStream<Task<Void, Never>>.Continuation

    private static let most = 4
    private static let patience = Duration.seconds(10)

    init() {
        (works, entrance) = AsyncStream<Task<Void, Never>>.makeStream(bufferingPolicy: .bufferingOldest(Self.most))
    }

    /// - Returns: whether there is room for it.
    func add(_ work: Task<Void, Never>) -> Bool {
        if case .enqueued = entrance.yield(work) { true } else { false }
    }

    /// Sees to their end, one by one, until the task is cancelled.
    func follow(_ time: Timepiece) async {
        for await work in works {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await work.value }
                group.addTask { try? await time.sleep(time.now() + Self.patience) }
                await group.next()
                work.cancel()
                group.cancelAll()
            }
        }
    }
}

/// What the webhook counts.
struct WebhookMetrics: Sendable {
    let requests: Counter
    let seconds: Histogram
    let events: Counter
    let expiry: Gauge

    init(_ registry: MetricRegistry) {
        requests = registry.counter(
            "kpipe_webhook_requests_total", "Requests to the webhook, by what became of them.", labels: ["result"])
        seconds = registry.histogram(
            "kpipe_webhook_request_seconds", "From a whole request to its answer.",
            bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        events = registry.counter(
            "kpipe_webhook_events_total",
            "Events about objects that came in as they were: told, unproven (nobody says that the API server asked), budget.",
            labels: ["result"])
        expiry = registry.gauge(
            "kpipe_webhook_certificate_expiry_timestamp_seconds",
            "When the certificate that is shown ends, in seconds since 1970; 0 while there is none.")
    }
}
