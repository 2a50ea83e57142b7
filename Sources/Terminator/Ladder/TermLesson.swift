internal import KubeModel
internal import PodRules

/// Containers that are taken to make the same of SIGTERM: of one namespace, one image by its content, one command, and with
/// the same time for it.
struct TermKey: Hashable {
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
    func codeOnTerm(of sidecar: ContainerFacts) -> (code: Int32, isOfSwap: Bool)? {
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
