internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
internal import OperatorConfiguration
internal import PodRules
internal import Synchronization
internal import Telemetry

/// Which pods are followed, and what is read and kept of them.
enum PodWatch {
    /// A pod that is finished needs nobody; phase alone says no more than that (see `Verdict`).
    private static let fieldSelector = "spec.restartPolicy!=Always,status.phase!=Succeeded,status.phase!=Failed"

    static func scope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        WatchScope(
            .pods, namespace: options.namespace, labelSelector: configuration.labelSelector ?? "",
            fieldSelector: fieldSelector, encoding: .protobuf)
    }

    /// Those whose phase we hold: finished by their phase, although a sidecar runs on. Whoever leads next, or led when the
    /// watch broke, finds them here until they are closed.
    static func heldScope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        var scope = scope(options, configuration)
        scope.fieldSelector = ""
        scope.labelSelector = [scope.labelSelector, WellKnownNames.Label.held].filter { !$0.isEmpty }
            .joined(separator: ",")
        return scope
    }

    /// Those that are in neither, to be listed once: nothing more is done to them, but something may still have to be said.
    static func finishedScope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        var scope = scope(options, configuration)
        scope.fieldSelector = "spec.restartPolicy!=Always"
        for phase in ["Pending", "Running", "Unknown"] { scope.fieldSelector += ",status.phase!=\(phase)" }
        return scope
    }

    static func decoder(_ cluster: ClusterFacts, _ selection: PodSelection, _ time: Timepiece) -> RecordDecoder<
        PodRecord
    > {
        RecordDecoder<PodRecord>.pods(selection) { pod in
            let facts = cluster.facts(of: pod)
            let record = PodRecord(PodSighting(facts, at: time.now()))
            // Of pods without a marker those alone are kept of which there is something to say.
            return facts.sidecars.isEmpty && facts.missingPrimary == nil && !record.isRemarkable ? nil : record
        }.keeping(\.kept)
    }
}

/// A pod as the watch has just brought it, and what is to be thought of it: what its visit goes by. A plan made from one
/// that has changed meanwhile is refused by its precondition, and made again from what the server says then.
final class PodSighting: Sendable {
    /// After so many seconds of holding a phase that no Job has counted …
    private static let patience: Int64 = 300
    /// … the pod is looked at no oftener than this, however often the kubelet takes the phase back.
    private static let pace = Duration.seconds(60)

    let pod: PodFacts
    let verdict: Verdict
    /// When the watch brought it.
    let time: Duration

    init(_ pod: PodFacts, at time: Duration) {
        self.pod = pod
        verdict = pod.verdict
        self.time = time
    }

    /// How long the pod's visit may wait.
    ///
    /// - Parameter now: seconds since 1970.
    func delay(at now: Int64) -> Duration {
        pod.holdAge(at: now).map { $0 >= Self.patience ? Self.pace : .zero } ?? .zero
    }
}

/// What is known of each marked pod: where it is, and a digest by which a change that matters is noticed. Only on its way
/// from the watch to the queue it holds the pod itself.
struct PodRecord: Sendable, Equatable {
    /// `namespace/name` in one text: at a hundred thousand pods every allocation counts.
    private let path: String
    /// One of those below, or more where sidecars are to be ended.
    private let digest: UInt32
    private static let nothing: UInt32 = 0
    private static let hanging: UInt32 = 1
    private static let remark: UInt32 = 2
    private(set) var sighting: PodSighting?

    init(_ sighting: PodSighting) {
        path = "\(sighting.pod.key)"
        digest =
            switch sighting.verdict {
            case .terminate, .done: Self.digest(of: sighting.pod)
            case .leave(let reason) where reason.isMistake: Self.remark
            case .wait, .leave(.unmarked):
                if sighting.pod.startToTell != nil {
                    Self.remark
                } else {
                    Advice.hanging(sighting.pod, sighting.verdict).isEmpty ? Self.nothing : Self.hanging
                }
            case .leave: Self.nothing
            }
        self.sighting = digest < Self.remark ? nil : sighting
    }

    /// What stays in memory.
    var kept: PodRecord {
        var copy = self
        copy.sighting = nil
        return copy
    }

    static func == (one: PodRecord, other: PodRecord) -> Bool { one.digest == other.digest && one.path == other.path }

    /// Whether somebody has to look at the pod.
    var isPressing: Bool { digest >= Self.remark }

    /// Whether its Job waits for sidecars that nobody has marked.
    var isHanging: Bool { digest == Self.hanging }

    fileprivate var isRemarkable: Bool { digest != Self.nothing }

    var key: ObjectKey {
        let parts = path.split(separator: "/", maxSplits: 1)
        return ObjectKey(namespace: String(parts.first ?? ""), name: String(parts.last ?? ""))
    }

    private static func digest(of pod: PodFacts) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(pod.phase)
        hasher.combine(pod.isTrackedByJob)
        hasher.combine(pod.isConcluded)
        hasher.combine(pod.memory)
        for container in pod.containers {
            hasher.combine(container.restartCount)
            hasher.combine(container.isOpen)
            hasher.combine(container.isRunning)
            hasher.combine(container.waitingReason)
        }
        for helper in pod.helpers {
            hasher.combine(helper.name)
            // That it runs is no news.
            if let verdict = Rehearsal(helper.state) { hasher.combine(verdict) }
        }
        return max(Self.remark + 1, UInt32(truncatingIfNeeded: hasher.finalize()))
    }
}

/// Pods to be visited: a work queue of their names, with what the watch told last of each that waits in it.
final class PodQueue: Sendable {
    private let queue: WorkQueue<ObjectKey>
    private let sightings = Mutex<[ObjectKey: PodSighting]>([:])
    /// Beyond this many are read when it is their turn: memory stays bounded whatever ends at once.
    private static let limit = 2048

    /// A server that is back after an hour finds nobody asleep for long. How much is asked of it at once is bounded for all
    /// requests together.
    private static let longestRetry = Duration.seconds(60)

    init(time: Timepiece, registry: MetricRegistry) {
        let queue = WorkQueue<ObjectKey>(
            delays: RetryDelays(maximum: Self.longestRetry, bucket: nil), flow: { $0.namespace }, time: time,
            metrics: WorkQueueMetrics(registry, name: "pods"))
        registry.onExposition { [weak queue] in queue?.recordMetrics() }
        self.queue = queue
    }

    /// What was told of the pod before is out of date.
    ///
    /// - Parameter now: seconds since 1970.
    func add(_ record: PodRecord, at now: Int64) {
        let key = record.key
        let delay = record.sighting?.delay(at: now) ?? .zero
        sightings.withLock { sightings in
            sightings[key] = nil
            if delay == .zero, sightings.count < Self.limit { sightings[key] = record.sighting }
        }
        if delay > .zero { queue.add(key, after: delay) } else { queue.add(key) }
    }

    /// It is to be read when it is its turn.
    func add(_ key: ObjectKey) { queue.add(key) }

    /// Visits pods until it is shut down and empty, or the task is cancelled.
    ///
    /// - Parameter visit: is given the pod as the watch told it, or nothing: then it is to be read.
    func run(workers: Int, _ visit: @escaping @Sendable (ObjectKey, PodSighting?) async -> WorkOutcome) async {
        await queue.run(workers: workers) { key in
            await visit(key, self.sightings.withLock { $0.removeValue(forKey: key) })
        }
    }

    /// Takes in no more.
    func shutDown(within limit: Duration? = nil) { queue.shutDown(within: limit) }
}

/// Pods that finished while nobody led: no watch of ours brings them. Each leader looks for them once, a page at a time, and
/// keeps nothing of those about which all has been said.
///
/// A page is read from the newest state: from the cache (`resourceVersion=0`) older servers answer with everything at once.
struct FinishedPods: Sendable {
    let api: any KubeAPI
    let scope: WatchScope
    let selection: PodSelection
    let cluster: ClusterFacts
    let time: Timepiece
    let logger: Logger

    private static let pageSize = 500
    /// From one that failed to the next try.
    private static let pause = Duration.seconds(60)

    /// One after another, after the page that brought them; the next page waits for that.
    ///
    /// - Parameter isTriedAgain: until all were seen. What was told before is passed over then.
    func visit(isTriedAgain: Bool, _ visit: @Sendable (PodSighting) async -> Void) async {
        while !Task.isCancelled {
            do throws(KubeError) { return try await visitAll(visit) } catch {
                guard !Task.isCancelled else { return }
                logger.warning("cannot look for finished pods", metadata: ["error": "\(error)"])
                guard isTriedAgain else { return }
            }
            try? await time.sleep(time.now() + Self.pause)
        }
    }

    private func visitAll(_ visit: @Sendable (PodSighting) async -> Void) async throws(KubeError) {
        var options = ListOptions()
        (options.labelSelector, options.fieldSelector) = (scope.labelSelector, scope.fieldSelector)
        options.limit = Self.pageSize
        repeat {
            var request = APIRequest.list(
                scope.resource, namespace: scope.namespace ?? "", options, accept: scope.encoding)
            request.yields = true
            let page = try await api.page(request) { sighting($0, $1) }
            for sighting in page.values { await visit(sighting) }
            options = options.continued(with: page.continueToken)
        } while !options.continueToken.isEmpty && !Task.isCancelled
    }

    /// `nil`: nothing is to be said of it, or it cannot be read, which must not hide the others.
    private func sighting(_ encoding: ObjectEncoding, _ bytes: Span<UInt8>) -> PodSighting? {
        do throws(WireError) {
            let pod = try selection.pod(encoding, in: bytes).map(cluster.facts)
            return pod.flatMap { $0.isUntold ? PodSighting($0, at: time.now()) : nil }
        } catch {
            let object = try? PartialObject(encoding, in: bytes)
            logger.warning(
                "cannot read object",
                metadata: ["object": "\(object?.metadata.key.description ?? "?")", "error": "\(error)"])
            return nil
        }
    }
}
