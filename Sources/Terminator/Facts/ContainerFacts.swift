public import KubeModel

/// One container of a pod, as far as deciding about it goes. Init containers, native sidecars among them, are the
/// kubelet's business and none of these.
public struct ContainerFacts: Sendable, Equatable {
    public var name = ""
    /// As the spec has it.
    public var image = ""
    public var command: [String] = []
    /// The literal value of `PATH`, where the pod sets it.
    public var searchPath: String?
    public var role = Role.main(.unmarked)

    public var state = ContainerState.unknown
    public var lastTermination: ContainerStatus.Termination?
    public var restartCount: Int32 = 0
    public var containerID = ""
    /// As the status has it: what the kubelet last tried to run.
    public var statusImage = ""

    /// The container's own, or else the pod's.
    public var restartPolicy = RestartPolicy.never
    public var restartRules: [RestartPolicyRule] = []

    public var ignoresExitCode = false
    /// The image this container brings along for being ended on a virtual node.
    public var virtualNodeImage: String?
    public var quit: QuitEndpoint?
    /// On SIGTERM.
    public var exitsWithZero = false
    public var exec = ExecStop()
    public var ladder: [Rung] = []

    public init() {}

    /// Its last run, if that ended and none will follow.
    public var end: ContainerStatus.Termination? {
        if case .terminated(let end) = state, !restarts(after: end.exitCode) { end } else { nil }
    }

    /// Whether it keeps its pod alive: running, waiting, between two tries, or nothing is known of it yet.
    public var isOpen: Bool { end == nil }

    var isTerminated: Bool {
        if case .terminated = state { true } else { false }
    }

    public var isRunning: Bool {
        if case .running = state { true } else { false }
    }

    /// The kubelet's reason for not running it yet, or again.
    public var waitingReason: String? {
        if case .waiting(let reason) = state { reason } else { nil }
    }

    /// Whether a process of it was ever started, so that swapping its image is a restart that counts.
    public var hasRun: Bool {
        switch state {
        case .running, .terminated: true
        case .waiting, .unknown: restartCount > 0 || lastTermination != nil || !containerID.isEmpty
        }
    }

    /// Whether the kubelet runs it again after it exits with `code`: rules first (KEP-5307), then the policy.
    public func restarts(after code: Int32) -> Bool {
        for rule in restartRules where rule.applies(to: code) {
            if rule.action == "Restart" || rule.action == "RestartAllContainers" { return true }
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
