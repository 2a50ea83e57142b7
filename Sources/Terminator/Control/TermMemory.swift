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
    private static let limit = 4096
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
