import Basics
import KubeClient
import KubeModel
import KubeRuntime
import Logging
import OperatorConfiguration
import Telemetry
import WorkdirProtocol

/// The operator's configuration as a command was given it: the file, and what the command line puts in its place.
struct OperatorFile: Sendable {
    /// With the command line's own words.
    let configuration: TerminatorConfiguration
    private let path: String?
    private let read: TerminatorConfiguration
    private let override: @Sendable (inout TerminatorConfiguration) -> Void

    init(
        _ path: String?, override: @escaping @Sendable (inout TerminatorConfiguration) -> Void = { _ in }
    ) throws {
        self.path = path
        self.override = override
        read = try path.map { try TerminatorConfiguration(file: $0) } ?? TerminatorConfiguration()
        var configuration = read
        override(&configuration)
        self.configuration = configuration
    }

    /// Keeps up with the file until the task is cancelled.
    ///
    /// - Parameter adopt: takes a changed configuration over, or says why not.
    func follow(_ news: ConfigurationNews, adopt: @Sendable (TerminatorConfiguration) -> String?) async {
        if let path {
            await ConfigurationFollower(path).run(from: read) { new in
                var new = new
                override(&new)
                return adopt(new)
            } tell: {
                await news.tell($0)
            }
        }
        // There is nothing to follow, and others go on.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(86_400)) }
    }
}

/// Tells what became of a changed configuration: in the log, as a metric, and by an Event on the pod we run in.
struct ConfigurationNews: Sendable {
    private let api: any KubeAPI
    private let pod: ObjectReference?
    private let changes: Counter
    private let refused: Gauge
    private let logger: Logger

    init(_ api: any KubeAPI, _ namespace: String, _ registry: MetricRegistry, _ logger: Logger) {
        self.api = api
        self.logger = logger
        let environment = ProcessEnvironment.current
        pod = environment[AgentVariable.podName].map {
            ObjectReference(
                apiVersion: APIResource.pods.apiVersion, kind: APIResource.pods.kind, namespace: namespace, name: $0,
                uid: environment[AgentVariable.podUID] ?? "")
        }
        changes = registry.counter(
            "kpipe_configuration_changes_total", "Changes of the configuration's file: adopted, refused.",
            labels: ["result"])
        refused = registry.gauge(
            "kpipe_configuration_refused", "1 while the configuration's file says what cannot be used, else 0.")
        refused.set(0)
    }

    func tell(_ step: ConfigurationChanges.Step) async {
        switch step {
        case .adopt:
            logger.notice("a changed configuration counts from now on")
            refused.set(0)
            changes.increment("adopted")
            await record(.normal, "ConfigurationAdopted", "The changed configuration is in force.")
        case .refuse(let why):
            logger.error(
                "a changed configuration is refused, the one before stays in force", metadata: ["error": "\(why)"])
            refused.set(1)
            changes.increment("refused")
            await record(.warning, "ConfigurationRefused", "The configuration before stays in force: \(why)")
        case .settle:
            logger.notice("the configuration's file says again what is in force")
            refused.set(0)
        }
    }

    private func record(_ kind: ClusterEvent.Kind, _ reason: String, _ note: String) async {
        guard let pod else { return }
        let now = WallClock.system.microsecondsSince1970()
        let event = ClusterEvent(kind, regarding: pod, reason: reason, note: note.printable())
        do throws(KubeError) {
            _ = try await api.send(
                .create(
                    event, named: "\(pod.name).\(String(now, radix: 16))", at: now,
                    controller: "k-pipe.cloud/configuration", instance: pod.name))
        } catch {
            logger.debug("an Event could not be written", error: error)
        }
    }
}
