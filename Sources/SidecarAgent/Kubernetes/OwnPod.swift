package import Basics
import HTTPTransport
package import KubeClient
import KubeModel
import KubeRuntime
package import Logging
import PodRules
package import Report
import YAMLTree

/// The agent's own pod, as the API server shows it: says how main fares also where main says nothing itself, because it
/// was killed for want of memory or because its image knows nothing of us.
package struct OwnPod: MainStatusSource {
    private let api: any KubeAPI
    private let key: ObjectKey
    private let uid: String?
    private let logger: Logger
    private let time: Timepiece
    /// For one question: the grace and the report wait for what it says, and do without where nobody answers.
    static let patience = Duration.seconds(5)

    /// `nil` where the pod's name or namespace is not known.
    package init?(_ pod: PodIdentity, api: any KubeAPI, logger: Logger, time: Timepiece = .system) {
        guard let name = pod.name, let namespace = pod.namespace else { return nil }
        self.api = api
        self.logger = logger
        self.time = time
        key = ObjectKey(namespace: namespace, name: name)
        uid = pod.uid
    }

    package func follow(_ tell: @escaping @Sendable (MainStatus) -> Void) async {
        guard await isReadable() else { return }
        let scope = WatchScope(
            .pods, namespace: key.namespace, fieldSelector: "metadata.name=\(key.name)", encoding: .protobuf)
        // Statuses are all that is read; a namesake of a later time is not us.
        let decoder = RecordDecoder<MainStatus>.pods(.everything) { [uid] pod in
            guard uid == nil || pod.metadata.uid == uid else { return nil }
            return MainStatus(pod)
        }
        let informer = Informer(api, scope, decoder, options: InformerOptions(logger: logger)) { changes in
            for change in changes {
                switch change {
                case .added(_, let status), .updated(_, _, let status): tell(status)
                case .removed, .synced: break
                }
            }
        }
        await informer.run()
    }

    package func timeLeft() async -> Duration? {
        guard let answer = try? await ask(.get(.pods, key)) else { return nil }
        return Self.timeLeft(of: answer.body, at: Self.time(of: answer, here: HostFacts.now()))
    }

    /// By the API server's clock, which made the pod's times: the node's own may be fast or slow. The answer says it to the
    /// second; within that second the node's is believed.
    static func time(of answer: APIResponse, here: UnixTime) -> UnixTime {
        guard let there = answer.headers["Date"].flatMap({ CivilTime(http: $0) }) else { return here }
        let second = there.secondsSince1970 * 1000
        return UnixTime(milliseconds: min(max(here.milliseconds, second), second + 999))
    }

    package func details() async -> PodContainers? {
        guard let answer = try? await ask(.get(.pods, key)), let node = try? YAMLNode(json: answer.body),
            let pod = try? Pod(.json, in: answer.body.span), uid == nil || pod.metadata.uid == uid
        else { return nil }
        return PodContainers(node, mains: Set(PodFacts(pod, rules: MarkerRules()).mains.map(\.name)))
    }

    package func announce(report url: String) async {
        let metadata: JSONValue = .object(present: [
            "uid": uid.map { .string($0) },
            "annotations": .object([.init(WellKnownNames.Annotation.report, .string(url))]),
        ])
        do throws(KubeError) {
            _ = try await ask(
                .patch(.pods, key, .merge(["metadata": metadata]), WriteOptions(fieldManager: PodReport.fieldManager)))
        } catch {
            logger.info("the report's place is not annotated", metadata: ["reason": "\(error)"])
        }
    }

    private func ask(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        let api = api
        return try await time.limit("\(request.method) pod \(key)", to: Self.patience) { () async throws(KubeError) in
            try await api.send(request)
        }
    }

    /// `deletionTimestamp` is the moment at which the grace, whoever asked for it, is over.
    static func timeLeft(of pod: [UInt8], at now: UnixTime) -> Duration? {
        struct Object: Decodable {
            struct Metadata: Decodable { var deletionTimestamp: String? }
            var metadata: Metadata
        }
        guard let object = try? JSONCoding.decode(Object.self, from: pod),
            let end = object.metadata.deletionTimestamp.flatMap({ CivilTime(internet: $0) })
        else { return nil }
        return max(.zero, .milliseconds(end.secondsSince1970 * 1000 - now.milliseconds))
    }

    /// Asked once: an account without the right to read its pod is an ordinary case, not one to insist on.
    private func isReadable() async -> Bool {
        do throws(KubeError) {
            _ = try await api.send(.get(.pods, key))
            return true
        } catch {
            switch error.status?.code {
            case 401, 403, 404:
                logger.info("main is not followed through the API server", metadata: ["reason": "\(error)"])
                return false
            default:
                // The informer goes on trying.
                return error.isTransient
            }
        }
    }
}

extension MainStatus {
    /// What a pod says about its main containers; `nil` while nothing can be said: none has started yet, or one waits to
    /// be started again. Which containers are main is the terminator's rule.
    ///
    /// Several have ended when all have; the first that failed speaks for them.
    init?(_ pod: Pod) {
        let facts = PodFacts(pod, rules: MarkerRules())
        let ends = facts.mains.compactMap { main in
            if case .terminated(let end) = main.state { end } else { nil }
        }
        guard let first = ends.first, ends.count == facts.mains.count else {
            if facts.mains.contains(where: \.isRunning) {
                self = .running
                return
            }
            guard !facts.mains.contains(where: \.hasRun), let reason = Self.reason(notToStart: facts.mains, of: pod)
            else { return nil }
            self = .notStarted(reason: reason)
            return
        }
        let spokesman = ends.first { $0.exitCode != 0 } ?? first
        // Of a container that the kubelet has ended with its pod it says no more than `Error`.
        let isEnded = spokesman.reason == "Error" && !pod.status.reason.isEmpty
        self = .terminated(
            exitCode: spokesman.exitCode, reason: isEnded ? pod.status.reason : spokesman.reason,
            final: facts.isBeingDeleted || facts.mains.allSatisfy { $0.end != nil },
            restarts: facts.mains.map { Int($0.restartCount) }.max())
    }

    /// The pod's own end says more than what its containers wait for; that they are being made says nothing.
    private static func reason(notToStart mains: [ContainerFacts], of pod: Pod) -> String? {
        if !pod.status.reason.isEmpty { return pod.status.reason }
        return mains.compactMap(\.waitingReason).first { !["", "ContainerCreating", "PodInitializing"].contains($0) }
    }
}
