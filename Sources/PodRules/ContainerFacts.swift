package import KubeModel

/// One container of a pod, as far as deciding about it goes. Init containers, native sidecars among them, are the
/// kubelet's business and none of these.
package struct ContainerFacts: Sendable, Equatable {
    package var name = ""
    /// As the spec has it.
    package var image = ""
    package var command: [String] = []
    package var args: [String] = []
    package var workingDir = ""
    package var pullPolicy = ""
    package var securityContext: [UInt8] = []
    /// Where volumes lie in it.
    package var mountPaths: [String] = []
    /// The literal value of `PATH`, where the pod sets it.
    package var searchPath: String?
    package var role = Role.main(.unmarked)

    package var state = ContainerState.unknown
    package var lastTermination: ContainerStatus.Termination?
    package var restartCount: Int32 = 0
    package var containerID = ""
    /// As the status has it: what the kubelet last tried to run.
    package var statusImage = ""
    /// What runs, by its content; empty where nothing has.
    package var imageID = ""

    /// The container's own, or else the pod's.
    package var restartPolicy = RestartPolicy.never
    package var restartRules: [RestartPolicyRule] = []

    package var ignoresExitCode = false
    /// The image this container brings along for being ended on a virtual node.
    package var virtualNodeImage: String?
    package var quit: QuitEndpoint?
    /// On SIGTERM.
    package var exitsWithZero = false
    package var exec = ExecStop()
    package var ladder: [Rung] = []
    /// Seconds that it is left alone after main's end.
    package var linger: Int64 = 0

    package init() {}

    /// Its last run, if that ended and none will follow.
    package var end: ContainerStatus.Termination? {
        if case .terminated(let end) = state, !restarts(after: end.exitCode) { end } else { nil }
    }

    /// Whether it keeps its pod alive: running, waiting, between two tries, or nothing is known of it yet.
    package var isOpen: Bool { end == nil }

    package var isTerminated: Bool {
        if case .terminated = state { true } else { false }
    }

    package var isRunning: Bool {
        if case .running = state { true } else { false }
    }

    /// The kubelet's reason for not running it yet, or again.
    package var waitingReason: String? {
        if case .waiting(let reason) = state { reason } else { nil }
    }

    /// Whether a process of it was ever started, so that swapping its image is a restart that counts.
    package var hasRun: Bool {
        switch state {
        case .running, .terminated: true
        case .waiting, .unknown: restartCount > 0 || lastTermination != nil || !containerID.isEmpty
        }
    }

    /// Whether some exit code of it has the kubelet start all containers of the pod again (KEP-5532).
    package var mayRestartAll: Bool { restartRules.contains { $0.action == Self.restartAll } }
    private static let restartAll = "RestartAllContainers"

    /// Whether the kubelet runs it again after it exits with `code`: rules first (KEP-5307), then the policy.
    package func restarts(after code: Int32) -> Bool {
        for rule in restartRules where rule.applies(to: code) {
            if rule.action == "Restart" || rule.action == Self.restartAll { return true }
        }
        return switch restartPolicy {
        case .always: true
        case .onFailure: code != 0
        case .never: false
        }
    }
}

extension RestartPolicyRule {
    fileprivate func applies(to code: Int32) -> Bool {
        switch exitCodeOperator {
        case "In": exitCodes.contains(code)
        case "NotIn": !exitCodes.contains(code)
        default: false
        }
    }
}

/// What the kubelet does about a container that has ended.
package enum RestartPolicy: String, Sendable, CaseIterable {
    case always = "Always"
    case onFailure = "OnFailure"
    case never = "Never"
}
