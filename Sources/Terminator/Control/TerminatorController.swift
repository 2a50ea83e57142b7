package import Basics
internal import CIdle
package import KubeClient
internal import KubeModel
internal import KubeRuntime
package import Logging
package import OperatorConfiguration
internal import PodRules
internal import Synchronization
package import Telemetry

/// The controller: follows the pods that carry a marker, and ends the sidecars of those whose main containers have
/// ended.
///
/// It keeps no state that the cluster does not have: another process may take over at any moment.
package final class TerminatorController: Sendable {
    private let configuration: TerminatorConfiguration
    private let options: TerminatorOptions
    private let api: any KubeAPI
    private let logger: Logger
    private let time: Timepiece
    private let events: EventRecorder
    private let queue: WorkQueue<ObjectKey>
    private let reconciler: Reconciler
    private let fresh: FreshPods
    private let namespaces = KnownNamespaces()
    private let informerMetrics: InformerMetrics
    private let pods = PodFollower(count: 2)

    package init(
        _ configuration: TerminatorConfiguration, _ options: TerminatorOptions = .init(), api: any KubeAPI,
        streams: any PodStreams, registry: MetricRegistry, logger: Logger, time: Timepiece = .system,
        wall: WallClock = .system
    ) {
        self.configuration = configuration
        self.options = options
        self.api = api
        self.logger = logger
        self.time = time
        events = EventRecorder(
            controller: Self.name, instance: LeaderElection.uniqueIdentity(), limits: Self.eventLimits, api: api,
            logger: logger, time: time, wall: wall)
        let queueMetrics = WorkQueueMetrics(registry, name: "pods")
        let queue = WorkQueue<ObjectKey>(time: time, metrics: queueMetrics)
        self.queue = queue
        registry.onExposition { queue.recordMetrics() }
        informerMetrics = InformerMetrics(registry)
        fresh = FreshPods(time)
        let settings = ReconcilerSettings(configuration, isDryRun: options.isDryRun) {
            wall.microsecondsSince1970() / 1_000_000
        }
        reconciler = Reconciler(
            api: api, streams: streams,
            cluster: ClusterFacts(api, rules: configuration.rules, namespaces: namespaces, time: time), fresh: fresh,
            gates: JobGates(), announcer: Announcer(events: options.isDryRun ? nil : events, logger: logger),
            metrics: TerminatorMetrics(registry), settings: settings, time: time, logger: logger)
    }

    /// In Events, as who tells.
    package static let name = "k-pipe.cloud/terminator"

    /// Two for each pod that ends: as many as some thousand pods need that end together.
    private static let eventLimits = EventLimits(remembered: 8192)

    /// Whether all pods have been seen.
    package var isReady: Bool { pods.hasSynced }

    /// Works until it is stopped, until the task is cancelled, or until all is looked at where that is asked for once.
    package func run() async {
        await withTaskGroup(of: Void.self) { telling in
            telling.addTask { await self.events.run() }
            await withTaskGroup(of: Void.self) { watching in
                watching.addTask {
                    await self.learnNamespaces()
                    await self.podInformer(PodScope.scope(self.options, self.configuration)).run()
                }
                watching.addTask {
                    await self.podInformer(PodScope.heldScope(self.options, self.configuration)).run()
                }
                watching.addTask { await self.followNamespaces() }
                watching.addTask { await self.saveMemory() }
                await queue.run(workers: configuration.workers) { key in await self.reconciler.reconcile(key) }
                watching.cancelAll()
            }
            // What has happened is told before leaving, but nobody waits long for that.
            events.finish()
            telling.addTask { try? await self.time.sleep(self.time.now() + Self.tellingTime) }
            await telling.next()
            telling.cancelAll()
        }
    }

    private static let tellingTime = Duration.seconds(3)

    /// Takes in no more; `run` returns once the pods at hand are done with.
    package func stop() { queue.shutDown() }

    /// Once all pods were seen little is needed until one of them ends.
    private func saveMemory() async {
        while !isReady {
            guard (try? await time.sleep(time.now() + Self.untilIdle)) != nil else { return }
        }
        cidle_release_memory()
    }

    private static let untilIdle = Duration.seconds(5)

    private func podInformer(_ scope: WatchScope) -> Informer<PodRecord> {
        let rules = configuration.rules
        let informer = Informer(
            api, scope,
            RecordDecoder.pods(rules.selection { [namespaces] in namespaces.contains($0) }) { [fresh, namespaces] pod in
                let facts = PodFacts(pod, rules: rules, countsKnown: namespaces.contains(pod.metadata.namespace))
                guard !facts.sidecars.isEmpty || facts.missingPrimary != nil else { return nil }
                let record = PodRecord(facts)
                if record.isPressing { fresh.put(pod) }
                return record
            }, options: InformerOptions(metrics: informerMetrics, logger: logger, time: time)
        ) { [weak self] changes in self?.handle(changes) }
        pods.follow(informer)
        return informer
    }

    private func handle(_ changes: [ObjectChange<PodRecord>]) {
        for change in changes {
            switch change {
            case .added(_, let record), .updated(_, _, let record):
                if record.isPressing { queue.add(record.key) }
            // Left the watch because it finished, perhaps through us: that is still to be told.
            case .removed(_, let record):
                guard record.isPressing else { continue }
                // What the watch brought last is from before that.
                _ = fresh.take(record.key)
                queue.add(record.key)
            case .synced: if pods.noteSynced(), options.isOnce { queue.shutDown() }
            }
        }
    }

    /// Before the first pod is looked at. Where that is not allowed, known sidecars count in labelled pods alone.
    private func learnNamespaces() async {
        do throws(KubeError) { try await namespaces.read(api, only: options.namespace) } catch {
            logger.notice("the labels of namespaces cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func followNamespaces() async {
        guard let namespace = options.namespace else { return await namespaceInformer.run() }
        while !Task.isCancelled {
            try? await time.sleep(time.now() + Self.namespaceInterval)
            // Where it may not be read that has been told.
            if (try? await namespaces.read(api, only: namespace)) == true { pods.relist() }
        }
    }

    /// One namespace is read again and again, which takes less rights than following it.
    private static let namespaceInterval = Duration.seconds(30)

    /// Their labels decide which pods matter, so a change reads all pods again.
    private var namespaceInformer: Informer<String> {
        let scope = WatchScope(.namespaces, labelSelector: KnownNamespaces.selector, encoding: .protobuf)
        return Informer(
            api, scope, RecordDecoder(PartialObject.self) { $0.metadata.name },
            options: InformerOptions(metrics: informerMetrics, logger: logger, time: time)
        ) { [namespaces, pods] changes in
            var isNews = false
            for change in changes {
                switch change {
                case .added(_, let name), .updated(_, _, let name): isNews = namespaces.insert(name) || isNews
                case .removed(_, let name): isNews = namespaces.remove(name) || isNews
                case .synced: break
                }
            }
            if isNews { pods.relist() }
        }
    }
}

/// What a command line says beside the configuration.
package struct TerminatorOptions: Sendable {
    /// `nil`: all namespaces.
    package var namespace: String?
    /// Says what would be done, and does nothing.
    package var isDryRun = false
    /// Ends once every pod that was there has been looked at.
    package var isOnce = false

    package init() {}
}

/// The informers of pods, for those who come to know of them before they are there.
final class PodFollower: Sendable {
    private struct State {
        var informers: [Informer<PodRecord>] = []
        var synced = 0
    }

    private let state = Mutex(State())
    /// How many there will be.
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    func follow(_ informer: Informer<PodRecord>) { state.withLock { $0.informers.append(informer) } }

    /// One of them has told the whole state.
    ///
    /// - Returns: whether all have now.
    func noteSynced() -> Bool {
        state.withLock { state in
            state.synced += 1
            return state.synced == count
        }
    }

    var hasSynced: Bool { state.withLock { $0.synced >= count } }

    func relist() { for informer in state.withLock({ $0.informers }) { informer.relist() } }
}
