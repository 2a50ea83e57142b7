import Basics
import ContainerRuntime
import FakeKube
import Foundation
import HTTPTransport
import KubeClient
import KubeModel
import KubeRuntime
import KubeTestSupport
import Logging
import OperatorConfiguration
import Synchronization
import Telemetry
import TerminatorScenarios
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// A cluster for scenarios: a fake API server, a simulated node, and time that passes as fast as everything keeps up
/// with it.
struct SimulatedCluster: Sendable {
    let server: FakeAPIServer
    let client: KubeClient
    let streams: ClusterStreams
    let node: SharedNode
    private let setting: Setting
    /// With the names of the Jobs.
    private let scenarios: [(job: String, scenario: Scenario)]
    private let configuration: TerminatorConfiguration
    private let clock = VirtualClock()
    private let wall = KubeTime.now
    /// By how much the calendar of the terminator's machine is ahead.
    private let ahead = Shared(Duration.zero)
    /// What the processes ask of the API server.
    let traffic = Shared(Traffic())
    /// What happens to time and kubelets, in order.
    var timeFaults: [(at: Duration, fault: TimeFault)] = []
    private let quitServers: [ScriptedHTTPServer]
    static let namespace = "jobs"

    init(_ scenario: Scenario, in setting: Setting) async throws {
        try await self.init([(scenario.id, scenario)], in: setting)
    }

    init(_ scenarios: [(job: String, scenario: Scenario)], in setting: Setting) async throws {
        self.scenarios = scenarios
        self.setting = setting
        configuration = try TerminatorConfiguration(parsing: Array(setting.configuration.utf8), source: setting.name)
        let names = try String(contentsOfFile: Repository.path("scripts/lib/exit-names.txt"), encoding: .utf8)
        let images = FakeImages(
            for: scenarios.map(\.scenario), exitPrograms: names.split(separator: "\n").map(String.init))
        let node = SharedNode(FakeNode(images, wall: wall))
        self.node = node
        let ports = Set(scenarios.flatMap(\.scenario.quitPorts)).sorted()
        let quitServers = try ports.map { port in
            try ScriptedHTTPServer { _ in
                node.withLock { $0.request(port) }
                return [.ok("bye")]
            }
        }
        self.quitServers = quitServers
        var api = FakeAPI()
        if setting.hasKruise { api.catalogue.add(ResourceCatalogue.containerRecreateRequests) }
        api.addNamespace(Self.namespace)
        api.place(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "lab", "uid": "node-1"]])
        api.options.admission = Self.admission(setting.obstacle)
        api.anyPod.ports = Dictionary(uniqueKeysWithValues: zip(ports, quitServers.map(\.port)))
        api.anyPod.exec = { call in
            node.withLock { $0.signal(call.container, of: call.pod) }
            return PodScript.Run()
        }
        server = try await FakeAPIServer.start(api)
        let access = ClusterAccess(
            server: try #require(ServerAddress(server.url, secureByDefault: false)), proxy: .none)
        client = KubeClient(access, KubeClientOptions(rate: nil))
        streams = ClusterStreams(client)
    }

    private static func admission(_ obstacle: Setting.Obstacle?) -> @Sendable (inout JSONValue, String) -> String? {
        { pod, subresource in
            switch obstacle {
            case .refused?:
                let images = (pod[path: ["spec", "containers"]]?.array ?? []).map { $0["image"]?.string ?? "" }
                return images.contains { $0 == TestImage.exit.name } ? "unknown image" : nil
            case .noHelpers?: return subresource == "ephemeralcontainers" ? "no debugging here" : nil
            case .noShell?, .noPull?, .otherMachine?, .noAgent?, nil: return nil
            }
        }
    }

    var time: Timepiece { Timepiece(clock) }
    private var wallClock: WallClock {
        WallClock { [wall, clock, ahead] in
            wall.microseconds + Int64((clock.now.elapsed + ahead.value) / .microseconds(1))
        }
    }
    private var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    /// Plays the scenarios while `terminate` does what the terminator's processes do, until they have said of each that it
    /// has ended.
    ///
    /// - Returns: in the scenarios' order.
    func play(_ terminate: @escaping @Sendable () async -> Void) async throws -> [Outcome] {
        let (ends, end) = AsyncThrowingStream<[Outcome], any Error>.makeStream(bufferingPolicy: .bufferingOldest(1))
        // Time passes until the processes have ended, too: who gives a lease back waits by the clock.
        let outcomes = try await withThrowingTaskGroup(of: Void.self) { surroundings in
            surroundings.addTask { await simulate(end) }
            defer { surroundings.cancelAll() }
            return try await withThrowingTaskGroup(of: Void.self) { processes in
                processes.addTask { await terminate() }
                if setting.hasNodeAgent { processes.addTask { await nodeAgent.run() } }
                defer { processes.cancelAll() }
                try server.update { api in
                    for (job, scenario) in scenarios {
                        _ = try api.create(scenario.job(in: Self.namespace, name: job))
                    }
                }
                for try await outcomes in ends { return outcomes }
                throw CancellationError()
            }
        }
        for server in quitServers { server.stop() }
        await client.shutdown()
        return outcomes
    }

    func controller(_ process: SimulatedProcess) -> TerminatorController {
        TerminatorController(
            configuration, api: process, streams: process, registry: MetricRegistry(), logger: logger, time: time,
            wall: wallClock)
    }

    func election(_ process: SimulatedProcess) -> LeaderElection {
        LeaderElection(
            lease: ObjectKey(namespace: Self.namespace, name: "terminator"), api: process, logger: logger, time: time,
            wall: wallClock)
    }

    private var nodeAgent: NodeAgent {
        NodeAgent(
            SimulatedProcess(self), runtime: node, node: "lab", rules: configuration.rules, registry: MetricRegistry(),
            logger: logger, time: time)
    }

    /// Lets time pass, as long as the task is not cancelled, and tells the outcomes once.
    ///
    /// It passes some twenty times as fast as it does, and slower where the machine is so busy that nobody could keep up:
    /// everybody's way to the API server is timed by walking it, and no time passes while a request is on it. The longer
    /// nobody has asked or written anything, the longer the steps, up to the next moment at which something can happen:
    /// who is still busy with what it has seen has some thirty such ways before a quarter of a minute has passed.
    private func simulate(_ end: AsyncThrowingStream<[Outcome], any Error>.Continuation) async {
        let limit = ContinuousClock.now + Self.wallPatience
        var faults = timeFaults[...]
        var audience = Audience(scenarios)
        var (lastVersion, lastTraffic, pace) = (0, Traffic(), Self.step)
        while !Task.isCancelled {
            if let next = faults.first, next.at <= clock.now.elapsed {
                switch next.fault {
                case .calendar(let ahead): self.ahead.change { $0 = ahead }
                case .sleep(let duration): clock.advance(by: duration)
                case .kubelet: node.withLock { $0.restartKubelet() }
                }
                faults.removeFirst()
            }
            let now = clock.now.elapsed / .seconds(1)
            let (version, nextEvent) = server.update { api in
                node.withLock { node in
                    node.step(&api, at: now)
                    return (api.store.version, node.nextEvent)
                }
            }
            let traffic = traffic.value
            let isCalm = version == lastVersion && traffic == lastTraffic && traffic.open == 0
            if version != lastVersion {
                let (jobs, pods) = server.update { ($0.objects("Job"), $0.objects("Pod")) }
                for pod in audience.see(jobs, pods) { delete(pod) }
                if let outcomes = audience.outcomes { end.yield(outcomes) }
            }
            (lastVersion, lastTraffic) = (version, traffic)
            if clock.now.elapsed > Self.patience || ContinuousClock.now > limit {
                let lease = server.update { $0.objects("Lease") }.first?["spec"]?.text ?? "none"
                let story = "\(traffic), lease: \(lease)\n\(audience.story)"
                end.finish(throwing: ProcessError(description: "the end: not within \(now) s\n\(story)"))
            }
            try? await Task.sleep(for: .milliseconds(5))
            _ = try? await client.send(APIRequest("GET", "/version"))
            let ofNode = nextEvent.isFinite ? Duration.seconds(nextEvent) : nil
            let next = [ofNode, clock.nextDeadline?.elapsed, faults.first?.at].compactMap(\.self).min()
            pace = isCalm ? min(pace * 1.1, Self.longestStep) : Self.step
            clock.advance(by: max(Self.step, min(pace, (next ?? .zero) - clock.now.elapsed)))
        }
    }

    private static let step = Duration.milliseconds(120)
    private static let longestStep = Duration.seconds(10)
    /// By the simulation's clock, which is slower on a busy machine; and by the machine's.
    private static let patience = Duration.seconds(7200)
    private static let wallPatience = Duration.seconds(1100)

    private func delete(_ pod: String) {
        server.update { api in
            _ = api.change("Pod", pod, in: Self.namespace) {
                $0[path: ["metadata", "deletionTimestamp"]] = .string(KubeTime.now.text)
            }
        }
    }
}

/// Requests of the processes of a simulated cluster.
struct Traffic: Equatable {
    var begun = 0
    /// Not answered yet.
    var open = 0
}

/// Sees how each scenario ends.
private struct Audience {
    private let scenarios: [(job: String, scenario: Scenario)]
    private var sighting = Sighting()
    private var deleted: Set<String> = []
    /// The place of the first that was open when last looked at: as long as it is, nobody need look at the others.
    private var open = 0

    init(_ scenarios: [(job: String, scenario: Scenario)]) { self.scenarios = scenarios }

    /// - Returns: the names of pods that are to be deleted now, because their main container runs.
    mutating func see(_ jobs: [JSONValue], _ pods: [JSONValue]) -> [String] {
        sighting = sighting.followed(by: jobs, pods)
        return scenarios.filter { $0.scenario.incident == .deletion && !deleted.contains($0.job) }
            .compactMap { job, scenario in
                guard let pod = sighting.runningPod(of: scenario, job: job) else { return nil }
                deleted.insert(job)
                return pod
            }
    }

    /// In the scenarios' order, once all have ended.
    var outcomes: [Outcome]? {
        mutating get {
            if scenarios.indices.contains(open), outcome(open) == nil { return nil }
            var outcomes: [Outcome] = []
            for index in scenarios.indices {
                guard let outcome = outcome(index) else {
                    open = index
                    return nil
                }
                outcomes.append(outcome)
            }
            return outcomes
        }
    }

    private func outcome(_ index: Int) -> Outcome? {
        sighting.ending(of: scenarios[index].scenario, job: scenarios[index].job)?.outcome
    }

    /// Of the first that is open, and how many are.
    var story: String {
        let left = scenarios.indices.filter { outcome($0) == nil }
        return "\(left.count) of \(scenarios.count) are open\n"
            + (left.first.map { sighting.story(of: scenarios[$0].job) } ?? "")
    }
}

/// What may happen at some time.
enum TimeFault: Sendable {
    /// Somebody sets the calendar: it shows that much more than it is.
    case calendar(Duration)
    /// All machines sleep, or are stopped, for so long.
    case sleep(Duration)
    /// The kubelet is restarted.
    case kubelet
}

/// A simulated node that a test, its API server and a node agent share; to the last it is the container runtime.
final class SharedNode: NodeRuntime {
    private let node: Mutex<FakeNode>

    init(_ node: FakeNode) { self.node = Mutex(node) }

    func withLock<Value>(_ body: (inout FakeNode) -> sending Value) -> sending Value { node.withLock { body(&$0) } }

    private static let scheme = "containerd://"

    func container(_ id: String) async throws(RuntimeError) -> RuntimeContainer {
        guard let found = withLock({ $0.container(Self.scheme + id) }) else {
            throw RuntimeError(
                attempted: "ContainerStatus", reason: .status(GRPCStatus(code: GRPCStatus.notFound, message: id)))
        }
        return RuntimeContainer(
            id: id, state: found.isRunning ? .running : .exited, podUID: found.podUID, name: found.name)
    }

    func stop(_ id: String, grace: Duration, kills: Bool) async throws(RuntimeError) {
        withLock { $0.stop(Self.scheme + id, grace: kills ? grace / .seconds(1) : .infinity) }
        // The simulation's time is not ours to wait by.
        while withLock({ $0.container(Self.scheme + id)?.isRunning == true }) {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
        }
    }
}
