internal import KubeModel
internal import PodRules
internal import Synchronization

/// What sidecars make of SIGTERM, as far as it was seen: in swapped containers, in pods that were held, in pods whose main
/// had failed. Of this process alone.
final class TermMemory: Sendable {
    private struct Known {
        /// Pods in which it ended with 0; one could be chance.
        var zeros = 0
        var lastPod = ""
        /// Seen otherwise, once.
        var isRefuted = false

        var lesson: TermLesson { isRefuted ? .otherwise : zeros >= enough ? .zero : .zeroOnce }
    }

    private struct State {
        var known: [TermKey: Known] = [:]
        /// What ran before a swap, by pod and container: the status tells of the exit image then.
        var swapped: [String: TermKey] = [:]
    }

    private let state = Mutex(State())
    static let limit = 4096
    private static let enough = 2

    /// Takes in what the pod shows, and tells of which of its sidecars it is known that they end with 0.
    func consult(_ pod: PodFacts, _ surroundings: inout Surroundings) {
        surroundings.learned = []
        state.withLock { state in
            for sidecar in pod.sidecars {
                if let (code, isOfSwap) = pod.codeOnTerm(of: sidecar) {
                    let place = "\(pod.uid)/\(sidecar.name)"
                    let key = isOfSwap ? state.swapped.removeValue(forKey: place) : TermKey(sidecar, of: pod)
                    if let key { Self.note(code, key, pod.uid, &state) }
                } else if sidecar.isOpen, Self.lesson(on: sidecar, of: pod, state) == .zero {
                    surroundings.learned.insert(sidecar.name)
                }
            }
        }
    }

    /// `nil` where nothing was seen.
    func lesson(on sidecar: ContainerFacts, of pod: PodFacts) -> TermLesson? {
        state.withLock { Self.lesson(on: sidecar, of: pod, $0) }
    }

    private static func lesson(on sidecar: ContainerFacts, of pod: PodFacts, _ state: State) -> TermLesson? {
        TermKey(sidecar, of: pod).flatMap { state.known[$0]?.lesson }
    }

    /// What is about to be swapped will get a SIGTERM.
    func note(_ plan: Plan, of pod: PodFacts) {
        guard !plan.images.isEmpty else { return }
        state.withLock { state in
            if state.swapped.count >= Self.limit { state.swapped = [:] }
            for sidecar in pod.sidecars where plan.images[sidecar.name] != nil && sidecar.isRunning {
                state.swapped["\(pod.uid)/\(sidecar.name)"] = TermKey(sidecar, of: pod)
            }
        }
    }

    private static func note(_ code: Int32, _ key: TermKey, _ pod: String, _ state: inout State) {
        if state.known.count >= limit, state.known[key] == nil { state.known = [:] }
        var known = state.known[key] ?? Known()
        if code != 0 {
            known.isRefuted = true
        } else if known.lastPod != pod {
            known.zeros = min(known.zeros + 1, enough)
        }
        known.lastPod = pod
        state.known[key] = known
    }
}

/// Containers that are taken to make the same of SIGTERM: of one namespace, one image by its content, one command, and with
/// the same time for it.
private struct TermKey: Hashable {
    private let namespace: String
    private let image: String
    private let command: [String]
    private let grace: Int64

    /// `nil` where nobody has seen it run, and for a script: what that does may be up to its variables.
    init?(_ sidecar: ContainerFacts, of pod: PodFacts) {
        guard !sidecar.imageID.isEmpty, !sidecar.runsScript else { return nil }
        namespace = pod.key.namespace
        image = sidecar.imageID
        command = sidecar.command + ["\n"] + sidecar.args
        grace = pod.stopGrace
    }
}

/// What others like a sidecar were seen to make of SIGTERM.
package enum TermLesson: Sendable, Equatable {
    /// They end with 0: a signal does no harm.
    case zero
    /// One did, which could be chance.
    case zeroOnce
    /// One ended with another code.
    case otherwise

    /// For people.
    package var words: String {
        switch self {
        case .zero: "its like ended with 0 in two pods, so a signal does no harm"
        case .zeroOnce: "its like ended with 0 in one pod; a second has to show it"
        case .otherwise: "its like ended with another code than 0"
        }
    }
}

extension PodFacts {
    /// With what the container ended after a SIGTERM that is due to us; `nil` where that has not happened. Of a swap it is
    /// the old run that got one.
    fileprivate func codeOnTerm(of sidecar: ContainerFacts) -> (code: Int32, isOfSwap: Bool)? {
        let attempts = progress.attempts(of: sidecar.name)
        guard let attempt = attempts.last(where: { !$0.hasFailed && !$0.isRehearsal && $0.rung != .hold }) else {
            return nil
        }
        let hasRestarted = sidecar.restartCount > attempt.restarts
        var end = hasRestarted ? sidecar.lastTermination : nil
        switch attempt.rung {
        case .http, .hold: return nil
        case .exec where !sidecar.exec.isTerm: return nil
        case .debug where !sidecar.exec.isTerm && sidecar.exec.command.isEmpty: return nil
        case .crr, .node, .exec, .debug, .deadline:
            if !hasRestarted, case .terminated(let own) = sidecar.state { end = own }
        case .image: break
        }
        // Ended before: by itself. The node's clock may be a little behind.
        guard let end, end.finishedAt >= attempt.time - 2 else { return nil }
        return (end.exitCode, attempt.rung == .image)
    }
}
