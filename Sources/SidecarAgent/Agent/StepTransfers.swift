import Glibc
package import Transfer
import WorkdirProtocol

/// What the agent needs of the transfer engine.
package protocol StepTransfers: Sendable {
    func fetch(
        _ inputs: [InputRequest], into folder: ConfinedFolder, journal: any TransferJournal,
        onEvent: @escaping TransferEventHandler
    ) async -> TransferReport

    func store(
        _ outputs: [OutputRequest], from folder: ConfinedFolder, only paths: [String]?,
        deadline: ContinuousClock.Instant?,
        journal: any TransferJournal, onEvent: @escaping TransferEventHandler
    ) async -> TransferReport

    func put(_ bytes: [UInt8], to url: String, contentType: String) async throws(TransferError)

    /// Stores a manifest that names `files`.
    func put(_ manifest: Manifest, of files: FileList, to url: String, _ settings: StoreSettings)
        async throws(TransferError)
}

extension TransferEngine: StepTransfers {}

extension TransferReport {
    /// Why the step fails for it; `nil` when all is well.
    func cause(for direction: AgentEvent.Direction) -> FailureCause? {
        guard !isComplete else { return nil }
        // What was stopped is no failure of its own: the grace ran out, whoever noticed first.
        let stopped = failures.filter { $0.reason == .cancelled }.map(\.object)
        let missing = leftOut + stopped
        guard let gravest = failures.first(where: { $0.reason != .cancelled && $0.exitCode == exitCode }) else {
            return FailureCause(outputsLeft: Self.list(missing))
        }
        var cause = FailureCause(gravest, direction)
        let others = failureCount - stopped.count - 1
        if others > 0 { cause.message += "; and \(others) more" }
        if !missing.isEmpty { cause.message += "; not stored: \(Self.list(missing))" }
        return cause
    }

    /// Names, as many as fit into a report.
    private static func list(_ names: [String], limit: Int = 20) -> String {
        let shown = names.prefix(limit).joined(separator: ", ")
        return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
    }
}

extension FailureCause {
    /// The grace ran out before `names` were stored.
    fileprivate init(outputsLeft names: String) {
        self.init(
            .killed, container: .agent, reason: FailureReason.deadlineExceeded,
            message: "the grace period ran out before these outputs were stored: \(names); a longer "
                + "terminationGracePeriodSeconds (and --grace) gives them time",
            exitCode: ExitCode.inputOutput.rawValue)
    }

    /// A lost output is a lost output, whatever the reason; 66 would say that an input is missing.
    init(_ error: TransferError, _ direction: AgentEvent.Direction) {
        if error.reason == .cancelled, direction == .output {
            self.init(outputsLeft: error.object)
            return
        }
        let code = direction == .input ? error.exitCode : .inputOutput
        self.init(
            .error, container: error.reason == .reservedName ? .main : .agent,
            reason: Self.reason(of: error, direction), message: error.description, exitCode: code.rawValue)
    }

    private static func reason(of error: TransferError, _ direction: AgentEvent.Direction) -> String {
        switch error.reason {
        case .notFound, .noBucket: direction == .input ? "InputMissing" : "OutputRefused"
        case .local(errno: ENOENT) where direction == .output: "OutputMissing"
        case .checksum: "ChecksumMismatch"
        case .archive: "BadArchive"
        case .hostileName: "HostileName"
        case .reservedName: "ReservedName"
        case .permission: "PermissionDenied"
        case .credentials: "CredentialsMissing"
        case .noSpace: "NoSpace"
        case .configuration: FailureReason.configuration
        case .throttled, .server, .network, .timeout, .changed, .uploadEnded, .length, .local, .protocolViolation,
            .cancelled, .exhausted:
            direction == .input ? "InputFailed" : "OutputFailed"
        }
    }
}
