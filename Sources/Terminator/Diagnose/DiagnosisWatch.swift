internal import Basics
internal import KubeClient
package import KubeModel
internal import KubeRuntime
package import Logging
internal import OperatorConfiguration
internal import PodRules
internal import Synchronization

/// Follows pods, and says of them what `Diagnosis` does whenever that changes. Goes on over restarts of the server.
package struct DiagnosisWatch: Sendable {
    private let diagnosis: Diagnosis
    private let subject: Diagnosis.Subject
    private let logger: Logger
    private let clock: @Sendable () -> Int64

    /// How often is looked at what has changed. Time alone changes what is to be done: waits end.
    private static let interval = Duration.seconds(1)

    /// - Parameter clock: seconds since 1970.
    package init(
        _ diagnosis: Diagnosis, _ subject: Diagnosis.Subject, logger: Logger, clock: @escaping @Sendable () -> Int64
    ) {
        self.diagnosis = diagnosis
        self.subject = subject
        self.logger = logger
        self.clock = clock
    }

    /// Tells first what there is, then once a second what there is and what of it is new: until the task is cancelled, or
    /// `tell` returns `false` because nobody listens any more.
    package func run(_ tell: @escaping @Sendable (DiagnosisNews) async -> Bool) async {
        let pods = FollowedPods()
        let rules = diagnosis.configuration.rules
        var selection = rules.selection { [namespaces = diagnosis.namespaces] in namespaces.contains($0) }
        if !subject.isMany { selection.marks = nil }
        let informer = Informer(
            diagnosis.api, subject.scope, .pods(selection) { $0 },
            options: InformerOptions(logger: logger, time: diagnosis.time)
        ) { pods.apply($0) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask { await self.followNamespaces(for: informer) }
            await look(at: pods, of: informer, tell)
            group.cancelAll()
        }
    }

    private func look(
        at pods: FollowedPods, of informer: Informer<Pod>, _ tell: (DiagnosisNews) async -> Bool
    ) async {
        var board = DiagnosisBoard()
        var next = diagnosis.time.now()
        while !Task.isCancelled {
            if let found = pods.take(and: board.open) {
                var news = board.update(await diagnose(found, pods))
                news.trouble = informer.trouble
                if Task.isCancelled { return }
                guard await tell(news) else { return }
                next = max(next, diagnosis.time.now()) + Self.interval
            } else {
                next += Self.interval / 20
            }
            try? await diagnosis.time.sleep(next)
        }
    }

    private func diagnose(
        _ found: [ObjectUID: Pod?], _ pods: FollowedPods
    ) async -> [ObjectUID: PodDiagnosis?] {
        var diagnoses: [ObjectUID: PodDiagnosis?] = [:]
        for (uid, pod) in found {
            guard let pod else {
                diagnoses[uid] = .some(nil)
                continue
            }
            do throws(KubeError) {
                diagnoses[uid] = .some(try await diagnosis.diagnose(pod, subject, now: clock()))
            } catch {
                // What was said of it before stays; a server that is away will be back.
                pods.putBack(uid)
            }
        }
        return diagnoses
    }

    /// A label of a namespace decides which pods matter.
    private func followNamespaces(for informer: Informer<Pod>) async {
        while !Task.isCancelled {
            try? await diagnosis.time.sleep(diagnosis.time.now() + Self.namespaceInterval)
            if (try? await diagnosis.namespaces.read(diagnosis.api, only: subject.namespace)) == true {
                informer.relist()
            }
        }
    }

    private static let namespaceInterval = Duration.seconds(30)
}

/// Pods as a watch brought them, between the informer that writes and the loop that looks once a second.
private final class FollowedPods: Sendable {
    private struct State {
        var pods: [ObjectUID: Pod] = [:]
        var touched: Set<ObjectUID> = []
        var isSynced = false
    }

    private let state = Mutex(State())

    func apply(_ changes: [ObjectChange<Pod>]) {
        state.withLock { state in
            for change in changes {
                switch change {
                case .added(let uid, let pod), .updated(let uid, _, let pod):
                    state.pods[uid] = pod
                    state.touched.insert(uid)
                case .removed(let uid, _):
                    state.pods[uid] = nil
                    state.touched.insert(uid)
                case .synced: state.isSynced = true
                }
            }
        }
    }

    /// Those that changed since the last time, and others that are wanted; `nil` in place of one that is gone.
    ///
    /// - Returns: `nil` until all have been seen once.
    func take(and others: Set<ObjectUID>) -> [ObjectUID: Pod?]? {
        state.withLock { state in
            guard state.isSynced else { return nil }
            defer { state.touched = [] }
            let wanted = state.touched.union(others)
            return Dictionary(wanted.map { ($0, state.pods[$0]) }, uniquingKeysWith: { $1 })
        }
    }

    /// Could not be looked at; again the next time.
    func putBack(_ uid: ObjectUID) { state.withLock { _ = $0.touched.insert(uid) } }
}

/// What a watch has shown of each pod. A value: the watch asks the cluster, this finds what is new.
struct DiagnosisBoard: Sendable {
    private var shown: [ObjectUID: PodDiagnosis] = [:]

    /// Pods about which time alone makes another thing true.
    var open: Set<ObjectUID> { Set(shown.filter { $0.value.isHeldOpen }.keys) }

    /// Takes in what is to be said of some pods now; `nil` for those that are gone.
    mutating func update(_ diagnoses: [ObjectUID: PodDiagnosis?]) -> DiagnosisNews {
        var news = DiagnosisNews()
        for (uid, diagnosis) in diagnoses {
            let earlier = shown[uid]
            shown[uid] = diagnosis
            if let diagnosis {
                if diagnosis.steady != earlier?.steady { news.changed.append(.init(diagnosis, after: earlier)) }
            } else if let earlier {
                news.gone.append(earlier.pod)
            }
        }
        news.pods = shown.values.sorted { $0.pod < $1.pod }
        // A namesake may have taken its place.
        news.gone = news.gone.filter { key in !news.pods.contains { $0.pod == key } }.sorted()
        news.changed.sort { $0.pod.pod < $1.pod.pod }
        return news
    }
}

/// What a watch of pods has to say.
package struct DiagnosisNews: Sendable, Equatable {
    /// All of them as they are now, by namespace and name.
    package var pods: [PodDiagnosis] = []
    /// Those of which something else is said than before.
    package var changed: [Change] = []
    /// Deleted; of many pods also finished, or without markers now.
    package var gone: [ObjectKey] = []
    /// Why the server cannot be followed at the moment, so that `pods` may be old; `nil` while all is well.
    package var trouble: String?

    package struct Change: Sendable, Equatable {
        package var pod: PodDiagnosis
        /// What was said before; `nil` for a new pod.
        package var earlier: PodDiagnosis?

        init(_ pod: PodDiagnosis, after earlier: PodDiagnosis? = nil) {
            self.pod = pod
            self.earlier = earlier
        }

        /// The containers of which something else is said.
        package var rows: [PodDiagnosis.Row] {
            pod.rows.filter { row in
                !(earlier?.rows.contains { $0.container == row.container && $0.steady == row.steady } ?? false)
            }
        }
    }
}
