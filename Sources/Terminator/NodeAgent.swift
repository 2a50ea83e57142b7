package import Basics
package import ContainerRuntime
package import KubeClient
internal import KubeModel
internal import KubeRuntime
package import Logging
package import PodRules
package import Telemetry

/// Stops sidecars on its own node that the terminator points to, through the container runtime.
///
/// It trusts neither the cue nor the watch: it reads the pod anew, decides by the terminator's own rules, and asks the
/// runtime whether the container is that pod's container of that name before it stops it. It keeps no state, so one that
/// starts anew goes on where the last one was.
package final class NodeAgent: Sendable {
    private let api: any KubeAPI
    private let runtime: any NodeRuntime
    private let node: String
    private let rules: MarkerRules
    private let logger: Logger
    private let queue: WorkQueue<ObjectKey>
    private let metrics: NodeAgentMetrics
    private let informer: Informer<CuedPod>
    private let runtimeIsLost: @Sendable () -> Void

    /// Pods worked on at once. A stop takes up to the pod's grace, so there are many for an agent that does little.
    private static let workers = 32

    /// - Parameters:
    ///   - node: the name of the node whose pods count.
    ///   - namespace: `nil`: all namespaces.
    ///   - rules: as the terminator's, so that both mean the same by a sidecar.
    ///   - runtimeIsLost: nobody listens at the runtime's socket any more.
    package init(
        _ api: any KubeAPI, runtime: any NodeRuntime, node: String, namespace: String? = nil, rules: MarkerRules,
        registry: MetricRegistry, logger: Logger, time: Timepiece = .system,
        runtimeIsLost: @escaping @Sendable () -> Void = {}
    ) {
        self.runtimeIsLost = runtimeIsLost
        self.api = api
        self.runtime = runtime
        self.node = node
        self.rules = rules
        self.logger = logger
        metrics = NodeAgentMetrics(registry)
        let queue = WorkQueue<ObjectKey>(time: time, metrics: WorkQueueMetrics(registry, name: "cues"))
        self.queue = queue
        registry.onExposition { [weak queue] in queue?.recordMetrics() }
        // Not by phase: a pod whose phase is held still has a sidecar to stop.
        informer = Informer(
            api, WatchScope(.pods, namespace: namespace, fieldSelector: "spec.nodeName=\(node)", encoding: .protobuf),
            .pods(CuedPod.selection) { CuedPod($0) },
            options: InformerOptions(metrics: InformerMetrics(registry), logger: logger, time: time)
        ) { changes in
            for change in changes {
                switch change {
                case .added(_, let pod), .updated(_, _, let pod): queue.add(pod.key)
                case .removed, .synced: break
                }
            }
        }
    }

    /// Whether the node's pods have been seen.
    package var isReady: Bool { informer.hasSynced }

    /// Works until the task is cancelled. What the runtime has begun by then may go on; whoever starts next sees to it.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.informer.run() }
            group.addTask { await self.queue.run(workers: Self.workers) { key in await self.serve(key) } }
        }
    }

    private func serve(_ key: ObjectKey) async -> WorkOutcome {
        do throws(KubeError) {
            guard let pod = try await api.pod(key), pod.spec.nodeName == node,
                let annotation = pod.metadata.annotations[WellKnownNames.Annotation.stopCue]
            else { return .done }
            return await serve(try await facts(of: pod), StopCue(annotation: annotation))
        } catch {
            if case .cancelled = error.reason { return .done }
            metrics.failures.increment()
            logger.warning("cannot read pod", metadata: ["pod": "\(key)", "error": "\(error)"])
            return .failed
        }
    }

    /// Its sidecars are stopped beside each other: each has the whole grace.
    private func serve(_ pod: PodFacts, _ cue: StopCue) async -> WorkOutcome {
        await withTaskGroup(of: Bool.self) { group in
            for order in StopOrder.orders(for: pod, cue: cue) {
                group.addTask { await self.carryOut(order, of: pod) }
            }
            return await group.reduce(true) { $0 && $1 } ? .done : .failed
        }
    }

    private func facts(of pod: Pod) async throws(KubeError) -> PodFacts {
        let facts = PodFacts(pod, rules: rules)
        // The namespace matters only where nothing in the pod itself speaks of sidecars.
        guard facts.sidecars.isEmpty, facts.missingPrimary == nil else { return facts }
        let namespace = try await api.metadata(.namespaces, ObjectKey(name: pod.metadata.namespace))
        let countsKnown = namespace?.labels[WellKnownNames.Label.terminateKnown] == "enabled"
        return countsKnown ? PodFacts(pod, rules: rules, countsKnown: true) : facts
    }

    /// Whether nothing more is to be done about it.
    private func carryOut(_ order: StopOrder, of pod: PodFacts) async -> Bool {
        var logger = logger
        logger[metadataKey: "pod"] = "\(pod.key)"
        logger[metadataKey: "container"] = "\(order.container)"
        logger[metadataKey: "id"] = "\(order.runtimeID)"
        do throws(RuntimeError) {
            let container = try await runtime.container(order.runtimeID)
            guard container.podUID == pod.uid, container.name == order.container else {
                metrics.count(.foreign)
                logger.error("container is another pod's, not stopped")
                return true
            }
            // The status lags behind.
            guard container.state != .exited else { return true }
            logger.info("stopping container", metadata: ["grace": "\(DurationText.print(order.grace))"])
            try await runtime.stop(order.runtimeID, grace: order.grace, kills: order.kills)
            metrics.count(.stopped)
            logger.notice("container stopped")
            return true
        } catch {
            if error.isNotFound || Task.isCancelled { return true }
            metrics.count(.failed)
            if !order.kills, error.isTimeout {
                logger.notice("container has not stopped in time, and is not killed")
                return true
            }
            logger.warning("cannot stop container", metadata: ["error": "\(error)"])
            if error.isUnanswered { runtimeIsLost() }
            return false
        }
    }
}

/// What a node agent counts.
private struct NodeAgentMetrics: Sendable {
    enum Result: String {
        case stopped, foreign, failed
    }

    private let stops: Counter
    let failures: Counter

    init(_ registry: MetricRegistry) {
        stops = registry.counter(
            "kpipe_node_agent_stops_total",
            "Containers that a cue asked to stop, by result; foreign: the runtime knows it as another pod's.",
            labels: ["result"])
        failures = registry.counter(
            "kpipe_node_agent_failures_total", "Pods that could not be read, and will be again.")
    }

    func count(_ result: Result) { stops.increment(result.rawValue) }
}

/// What the node agent needs of its node's container runtime.
package protocol NodeRuntime: Sendable {
    func container(_ id: String) async throws(RuntimeError) -> RuntimeContainer
    /// Returns when the container has stopped, or throws without having killed it.
    func stop(_ id: String, grace: Duration, kills: Bool) async throws(RuntimeError)
}

extension ContainerRuntime: NodeRuntime {}

/// What the node agent keeps of a pod that carries a cue: where it is. All else is read when it matters.
private struct CuedPod: Sendable, Equatable {
    var key: ObjectKey
    /// So that every change is looked at: a cue may have been there before main's end.
    private var version: String

    /// `nil` for a pod that nobody wants anything of.
    init?(_ pod: Pod) {
        guard pod.metadata.annotations[WellKnownNames.Annotation.stopCue]?.isEmpty == false else { return nil }
        key = pod.metadata.key
        version = pod.metadata.resourceVersion
    }

    /// Other pods are passed over on the wire.
    static let selection = PodSelection(
        marks: .init(annotations: [WellKnownNames.Annotation.stopCue]), environment: [],
        annotations: [WellKnownNames.Annotation.stopCue], labels: [])
}

/// A container that is to be stopped now.
struct StopOrder: Sendable, Equatable {
    let container: String
    /// As the runtime knows it, without the kubelet's scheme.
    let runtimeID: String
    /// Between SIGTERM and SIGKILL.
    let grace: Duration
    /// Whether there is a SIGKILL.
    let kills: Bool

    /// What `cue` asks for and the pod's own state demands: main has ended, the container is a sidecar that runs, and it
    /// is the very instance that the cue names. A forged cue ends nothing that would not be ended anyway.
    static func orders(for pod: PodFacts, cue: StopCue) -> [StopOrder] {
        guard case .terminate(let sidecars, let result) = pod.verdict else { return [] }
        return sidecars.compactMap { sidecar in
            guard sidecar.isRunning, cue.containers[sidecar.name] == sidecar.containerID,
                let id = runtimeID(sidecar.containerID)
            else { return nil }
            return StopOrder(
                container: sidecar.name, runtimeID: id, grace: .seconds(pod.stopGrace),
                kills: !pod.isToSurvive(sidecar, result))
        }
    }

    /// `containerd://ID`, as the kubelet writes it.
    private static func runtimeID(_ containerID: String) -> String? {
        let parts = containerID.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    }
}

extension PodFacts {
    /// Whether SIGKILL could decide what becomes of the pod, so that a sidecar that takes longer on SIGTERM than its grace is
    /// rather left to the next rung. Not where `hold` is taken from its ladder: who does that wants it ended.
    func isToSurvive(_ sidecar: ContainerFacts, _ result: MainResult) -> Bool {
        sidecar.ladder.contains(.hold)
            && (result == .succeeded || job != nil || sidecar.restarts(after: Self.killed))
    }

    private static let killed: Int32 = 137
}

/// The terminator's request to the node agent, as an annotation on the pod: `container=container id`, separated by
/// commas. It is a cue and no order: whoever acts on it decides anew what is to be stopped.
struct StopCue: Sendable, Equatable {
    /// The kubelet's container ids (`containerd://…`) by container.
    private(set) var containers: [String: String]

    init(_ containers: [String: String] = [:]) { self.containers = containers }

    /// What cannot be read is left out: anybody who may change pods may write here.
    init(annotation: String) {
        containers = [:]
        for entry in annotation.split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { containers[String(parts[0])] = String(parts[1]) }
        }
    }

    var annotation: String {
        containers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
