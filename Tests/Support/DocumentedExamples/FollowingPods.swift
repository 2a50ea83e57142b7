import KubeClient
import KubeModel
import KubeRuntime
import Logging

/// Looks after the pods of a namespace, in one process at a time.
public struct PodController: Sendable {
    /// What is kept of a pod: a change of anything else wakes nobody.
    struct Record: Sendable, Equatable {
        var key: ObjectKey
        var phase: String
    }

    let client: KubeClient
    let namespace: String
    /// What is to be done about a pod; also called for one that is gone.
    let reconcile: @Sendable (ObjectKey) async -> WorkOutcome

    public init(
        _ client: KubeClient, namespace: String, reconcile: @escaping @Sendable (ObjectKey) async -> WorkOutcome
    ) {
        self.client = client
        self.namespace = namespace
        self.reconcile = reconcile
    }

    /// Waits for the lease, works, and gives it back when the task is cancelled.
    ///
    /// - Throws: `LeadershipLost` when another leads now, after the work has ended. End the process, or call it again.
    public func run() async throws {
        let election = LeaderElection(
            lease: ObjectKey(namespace: namespace, name: "pod-controller"), api: client,
            logger: Logger(label: "pod-controller"))
        try await election.run { leadership in await work(leadership) }
    }

    private func work(_ leadership: Leadership) async {
        let queue = WorkQueue<ObjectKey>()
        let decoder = RecordDecoder.pods(.everything) { pod in
            Record(key: pod.metadata.key, phase: pod.status.phase)
        }
        let scope = WatchScope(.pods, namespace: namespace, encoding: .protobuf)
        let informer = Informer(client, scope, decoder) { changes in
            for change in changes {
                switch change {
                case .added(_, let pod), .updated(_, from: _, to: let pod), .removed(_, let pod): queue.add(pod.key)
                case .synced: break
                }
            }
        }
        await withTaskGroup { group in
            group.addTask { await informer.run() }
            group.addTask {
                // No pod is worked on twice at once; one that fails comes again, later each time.
                await queue.run(workers: 4) { pod in
                    leadership.isHeld ? await reconcile(pod) : .failed
                }
            }
        }
    }
}
