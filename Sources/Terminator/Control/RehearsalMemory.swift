internal import Basics
internal import KubeModel
internal import PodRules
internal import Synchronization
internal import Telemetry

/// How rehearsals went, for an hour: containers that are alike in all that decides whether the exit image runs need not be
/// tried one by one. Of this process alone; who leads next tries anew.
final class RehearsalMemory: Sendable {
    private struct Known {
        var verdict: Rehearsal
        var until: Duration
    }

    private struct Attempt {
        var pod: ObjectKey
        var uid: String
        var until: Duration
        /// Pods that wait for its word.
        var waiting: Set<ObjectKey> = []
    }

    private struct State {
        var known: [RehearsalKey: Known] = [:]
        /// Those that were begun and of which nothing is known yet: others like them wait, and so does the pod itself,
        /// when it is told of as it was before.
        var begun: [RehearsalKey: Attempt] = [:]
    }

    /// Calls for another look at a pod.
    private let wake: @Sendable (ObjectKey) -> Void

    private let state = Mutex(State())
    private let image: ExitImage?
    private let time: Timepiece
    private let results: Counter

    private static let limit = 4096
    private static let lifetime = Duration.seconds(3600)
    /// What does not run now may soon: a registry comes back.
    private static let lifetimeOfNo = Duration.seconds(300)

    init(_ image: ExitImage?, time: Timepiece, results: Counter, wake: @escaping @Sendable (ObjectKey) -> Void) {
        self.image = image
        self.time = time
        self.results = results
        self.wake = wake
    }

    /// Takes in what the pod shows, and tells what others have shown.
    func consult(_ pod: PodFacts, _ surroundings: inout Surroundings) {
        (surroundings.remembered, surroundings.rehearsing) = ([:], [])
        guard let image, !pod.isOnVirtualNode else { return }
        let now = time.now()
        let told = state.withLock { state in
            var told: Set<ObjectKey> = []
            for sidecar in pod.sidecars {
                let key = RehearsalKey(pod, sidecar, image)
                if let own = Self.lesson(of: pod, sidecar, image) {
                    told.formUnion(note(own, key, at: now, &state))
                } else if !sidecar.isOpen || pod.isBeingDeleted {
                    // It has ended otherwise, or will be gone: nothing is learnt of its own any more.
                    if state.begun[key]?.uid == pod.uid {
                        told.formUnion(state.begun.removeValue(forKey: key)?.waiting ?? [])
                    }
                } else {
                    // The registry is asked anew for each, and may answer otherwise by then: a yes holds for one pod.
                    let isShared = sidecar.pullPolicy != "Always"
                    if let known = state.known[key], now < known.until, isShared || known.verdict != .passed {
                        surroundings.remembered[sidecar.name] = known.verdict
                    } else if let begun = state.begun[key], now < begun.until, isShared || begun.uid == pod.uid {
                        surroundings.rehearsing.insert(sidecar.name)
                        if begun.uid != pod.uid { state.begun[key]?.waiting.insert(pod.key) }
                    }
                }
            }
            return told
        }
        for pod in told { wake(pod) }
    }

    /// What a plan makes of that.
    func note(_ plan: Plan, of pod: PodFacts, _ surroundings: Surroundings) {
        guard let image else { return }
        for name in plan.images.keys where surroundings.remembered[name] != nil { results.increment("remembered") }
        let until = time.now() + .seconds(Rehearsal.limit)
        let told = state.withLock { state in
            var told: Set<ObjectKey> = []
            for name in plan.rehearsed {
                guard let sidecar = pod.sidecars.first(where: { $0.name == name }) else { continue }
                if state.begun.count >= Self.limit {
                    told = state.begun.values.reduce(into: told) { $0.formUnion($1.waiting) }
                    state.begun = [:]
                }
                let key = RehearsalKey(pod, sidecar, image)
                var attempt = Attempt(pod: pod.key, uid: pod.uid, until: until)
                // Where two begin at the same moment, who waits for the first hears of whichever is over before.
                attempt.waiting = state.begun[key]?.waiting ?? []
                state.begun[key] = attempt
            }
            return told
        }
        for pod in told { wake(pod) }
    }

    /// Nothing will be learnt from what was begun for the pod.
    func giveUp(_ pod: ObjectKey) {
        let told = state.withLock { state in
            var told: Set<ObjectKey> = []
            for (key, attempt) in state.begun where attempt.pod == pod {
                told.formUnion(attempt.waiting)
                state.begun[key] = nil
            }
            return told
        }
        for pod in told { wake(pod) }
    }

    /// - Returns: who has waited for that.
    private func note(
        _ verdict: Rehearsal, _ key: RehearsalKey, at now: Duration, _ state: inout State
    ) -> Set<ObjectKey> {
        let waiting = state.begun.removeValue(forKey: key)?.waiting ?? []
        if let known = state.known[key], known.verdict == verdict, now < known.until { return waiting }
        results.increment(verdict == .passed ? "passed" : "failed")
        if state.known.count >= Self.limit { state.known = state.known.filter { now < $0.value.until } }
        if state.known.count >= Self.limit { state.known = [:] }
        let lifetime = verdict == .passed ? Self.lifetime : Self.lifetimeOfNo
        state.known[key] = Known(verdict: verdict, until: now + lifetime)
        return waiting
    }

    /// Its own rehearsal, or a swap that went otherwise than a rehearsal had promised.
    private static func lesson(of pod: PodFacts, _ sidecar: ContainerFacts, _ image: ExitImage) -> Rehearsal? {
        guard let swap = pod.progress.attempt(.image, of: sidecar.name), !swap.isRehearsal else {
            return pod.rehearsal(of: sidecar, image.reference)
        }
        guard sidecar.image == image.reference else { return nil }
        if sidecar.cannotPullImage, sidecar.hasRun { return .failed("could not be pulled for a swap here") }
        guard case .terminated(let end) = sidecar.state, end.exitCode != 0, sidecar.restartCount > swap.restarts else {
            return nil
        }
        return .failed("ended with \(end.exitCode) after a swap here")
    }
}

/// All that decides whether the exit image runs in a container's place.
private struct RehearsalKey: Hashable {
    let node: String
    let namespace: String
    /// Its pull secrets are taken, too.
    let serviceAccount: String
    let image: String
    let pullPolicy: String
    /// Arguments mean nothing to our own image.
    let program: [String]
    let searchPath: String?
    let workingDir: String
    let security: [[UInt8]]
    let runtimeClass: String

    init(_ pod: PodFacts, _ sidecar: ContainerFacts, _ image: ExitImage) {
        node = pod.node
        namespace = pod.key.namespace
        serviceAccount = pod.serviceAccount
        self.image = image.reference
        pullPolicy = sidecar.pullPolicy
        program = image.isOurs ? Array(sidecar.command.prefix(1)) : sidecar.command + ["\n"] + sidecar.args
        searchPath = sidecar.searchPath
        workingDir = sidecar.workingDir
        security = [pod.securityContext, sidecar.securityContext]
        runtimeClass = pod.runtimeClass
    }
}

extension Plan {
    /// Containers whose swap is to be rehearsed.
    var rehearsed: [String] {
        calls.flatMap { call in if case .rehearse(let purposes, _) = call { Array(purposes.keys) } else { [String]() } }
    }
}
