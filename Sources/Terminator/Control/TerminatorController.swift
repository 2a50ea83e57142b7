package import Basics
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
    /// Seconds since 1970.
    private let clock: @Sendable () -> Int64
    private let events: EventRecorder
    private let queue: PodQueue
    private let cluster: ClusterFacts
    private let reconciler: Reconciler
    private let namespaces = KnownNamespaces()
    private let informerMetrics: InformerMetrics
    private let metrics: TerminatorMetrics
    /// Pods known to hang although nobody has marked a sidecar.
    private let hanging = Mutex(0)
    private let pods = PodFollower(count: 2)
    /// Something has changed since memory was given back.
    private let stirred = Signal()
    private let release: @Sendable () -> Void

    /// - Parameter release: gives memory that is not needed back to the system; called when a rush is over, and now and then while
    ///   it lasts.
    package init(
        _ configuration: TerminatorConfiguration, _ options: TerminatorOptions = .init(), api: any KubeAPI,
        streams: any PodStreams, registry: MetricRegistry, logger: Logger, time: Timepiece = .system,
        wall: WallClock = .system, release: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.release = release
        self.options = options
        self.api = api
        self.logger = logger
        self.time = time
        events = EventRecorder(
            controller: Self.name, instance: LeaderElection.uniqueIdentity(), limits: Self.eventLimits, api: api,
            logger: logger, time: time, wall: wall)
        let queue = PodQueue(time: time, registry: registry)
        self.queue = queue
        informerMetrics = InformerMetrics(registry)
        cluster = ClusterFacts(api, rules: configuration.rules, namespaces: namespaces, time: time)
        let clock: @Sendable () -> Int64 = { wall.microsecondsSince1970() / 1_000_000 }
        self.clock = clock
        let metrics = TerminatorMetrics(registry)
        self.metrics = metrics
        reconciler = Reconciler(
            cluster: cluster,
            performer: PlanPerformer(
                api: api, streams: streams, quitVia: configuration.quitVia,
                announcer: Announcer(events: options.isDryRun ? nil : events, logger: logger), metrics: metrics,
                clock: clock, logger: logger),
            rehearsals: RehearsalMemory(configuration.exit, time: time, results: metrics.rehearsals) { queue.add($0) },
            wake: { queue.add($0) }, metrics: metrics,
            settings: ReconcilerSettings(configuration, options, clock: clock),
            time: time, logger: logger)
    }

    /// In Events, as who tells.
    package static let name = "k-pipe.cloud/terminator"

    /// Two for each pod that ends: as many wait as some thousand pods need that end together, and are written as fast as they
    /// end.
    private static let eventLimits = EventLimits(waiting: 8192, concurrency: 32)

    /// Whether all pods have been seen.
    package var isReady: Bool { pods.hasSynced }

    /// Works until it is stopped, until the task is cancelled, or until all is looked at where that is asked for once.
    package func run() async {
        await withTaskGroup(of: Void.self) { telling in
            telling.addTask { await self.events.run() }
            await withTaskGroup(of: Void.self) { watching in
                watching.addTask {
                    await self.namespaces.learn(self.api, only: self.options.namespace, self.logger)
                    await self.podInformer(PodWatch.scope(self.options, self.configuration)).run()
                }
                watching.addTask {
                    await self.podInformer(PodWatch.heldScope(self.options, self.configuration)).run()
                }
                watching.addTask {
                    await self.namespaces.follow(self.api, only: self.options.namespace, self.informerOptions) {
                        self.pods.relist()
                    }
                }
                watching.addTask { await self.lookBack() }
                watching.addTask { await self.giveBack() }
                await queue.run(workers: configuration.workers) { key, sighting in
                    self.options.isOnce
                        ? await self.reconciler.finish(key, sighting) : await self.reconciler.visit(key, sighting)
                }
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

    /// Takes in no more; `run` returns once the pods at hand are done with, and before the kubelet's patience ends where the
    /// API server does not answer: else the lease would not be given back. What is left is another's to look at.
    package func stop() { queue.shutDown(within: Self.endingTime) }

    /// With what is told and the lease that is given back less than the 30 s that a pod has to end.
    private static let endingTime = Duration.seconds(15)

    /// Once all open pods were seen: what is to be said of others.
    private func lookBack() async {
        guard await pods.whenSynced.wait() else { return }
        let finished = FinishedPods(
            api: api, scope: PodWatch.finishedScope(options, configuration),
            selection: configuration.rules.selection { [namespaces] in namespaces.contains($0) }, cluster: cluster,
            time: time, logger: logger)
        // Beside the queue, where all that presses would have to take turns with them.
        await finished.visit(isTriedAgain: !options.isOnce) { sighting in
            let key = sighting.pod.key
            if await self.reconciler.visit(key, sighting) != .done { self.queue.add(key) }
        }
        if options.isOnce { queue.shutDown() }
    }

    /// Little is needed until a pod ends, but malloc keeps what a rush took, and crumbles it: after a million pods that came and
    /// went it held ten times what was in use.
    private func giveBack() async {
        while await stirred.wait(), (try? await time.sleep(time.now() + Self.untilIdle)) != nil { release() }
    }

    private static let untilIdle = Duration.seconds(5)

    private var informerOptions: InformerOptions {
        InformerOptions(metrics: informerMetrics, logger: logger, time: time)
    }

    private func podInformer(_ scope: WatchScope) -> Informer<PodRecord> {
        let informer = Informer(
            api, scope,
            PodWatch.decoder(
                cluster, configuration.rules.selection(findsStuck: true) { [namespaces] in namespaces.contains($0) },
                time
            ),
            options: informerOptions
        ) { [weak self] changes in self?.handle(changes) }
        pods.follow(informer)
        return informer
    }

    private func handle(_ changes: [ObjectChange<PodRecord>]) {
        stirred.send()
        hanging.withLock { count in
            for change in changes { count += change.hangingMore }
            metrics.hanging.set(Double(count))
        }
        for change in changes {
            switch change {
            case .added(_, let record), .updated(_, _, let record):
                if record.isPressing { queue.add(record, at: clock()) }
            // Those that left the watch have finished, perhaps through us, perhaps spoilt by a sidecar: that is to be said.
            case .removed(_, let record): queue.add(record, at: clock())
            case .synced: pods.noteSynced()
            }
        }
    }
}

extension ObjectChange<PodRecord> {
    /// How many more pods hang after it.
    fileprivate var hangingMore: Int {
        switch self {
        case .added(_, let record): record.isHanging ? 1 : 0
        case .updated(_, let old, let new): (new.isHanging ? 1 : 0) - (old.isHanging ? 1 : 0)
        case .removed(_, let record): record.isHanging ? -1 : 0
        case .synced: 0
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
private final class PodFollower: Sendable {
    private struct State {
        var informers: [Informer<PodRecord>] = []
        var synced = 0
    }

    private let state = Mutex(State())
    /// How many there will be.
    private let count: Int
    /// Sent once all have told the whole state; for one who waits.
    let whenSynced = Signal()

    init(count: Int) { self.count = count }

    func follow(_ informer: Informer<PodRecord>) { state.withLock { $0.informers.append(informer) } }

    /// One of them has told the whole state.
    func noteSynced() {
        state.withLock { $0.synced += 1 }
        if hasSynced { whenSynced.send() }
    }

    var hasSynced: Bool { state.withLock { $0.synced >= count } }

    func relist() { for informer in state.withLock({ $0.informers }) { informer.relist() } }
}

/// The controller by the configuration that is in force. A new configuration means a new controller: the one before ends
/// what it has at hand, and everything is looked at anew by the new rules. What was tried already stands in the cluster.
package final class TerminatorSupervisor: Sendable {
    private struct State {
        var controller: TerminatorController
        var isStopped = false
    }

    private let state: Mutex<State>
    private let make: @Sendable (TerminatorConfiguration) -> TerminatorController

    package init(
        _ configuration: TerminatorConfiguration,
        make: @escaping @Sendable (TerminatorConfiguration) -> TerminatorController
    ) {
        self.make = make
        state = Mutex(State(controller: make(configuration)))
    }

    /// Whether all pods have been seen.
    package var isReady: Bool { state.withLock { $0.controller }.isReady }

    /// Works until it is stopped, until the task is cancelled, or until all is looked at where that is asked for once.
    package func run() async {
        while !Task.isCancelled {
            let controller = state.withLock { $0.controller }
            await controller.run()
            guard state.withLock({ !$0.isStopped && $0.controller !== controller }) else { return }
        }
    }

    /// From now on by this one; also where nothing runs yet, because another replica leads.
    package func adopt(_ configuration: TerminatorConfiguration) {
        let new = make(configuration)
        let old = state.withLock { state in
            guard !state.isStopped else { return new }
            defer { state.controller = new }
            return state.controller
        }
        old.stop()
    }

    /// Takes in no more; `run` returns once the pods at hand are done with.
    package func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.controller
        }.stop()
    }
}
