import WorkdirProtocol

/// How a try ended, from what is known of it.
extension LifecycleMachine {
    /// The entrypoint's record knows best, then the last `state`. A program that never spoke our protocol and whose
    /// end is known from a signal alone is taken to have succeeded: nothing speaks against it.
    func outcomeOfTry(saidDone: Bool) -> StepOutcome {
        if let record = memory.record, record.number == memory.attempt, record.phase == .ended {
            return Self.outcome(of: record)
        }
        switch memory.lastState {
        case StateValue.success:
            return .success
        case StateValue.error:
            return .failure(
                FailureCause(
                    .error, container: .main, reason: FailureReason.error, message: "main says it has failed"))
        case StateValue.killed:
            return .failure(
                FailureCause(
                    .killed, container: .main, reason: FailureReason.signal, message: "main says it was killed"))
        default:
            let spokeProtocol = memory.record != nil || memory.lastState != nil
            return saidDone || !spokeProtocol ? .success : .failure(Self.gone)
        }
    }

    /// Whether main's own files tell how the try ended.
    var hasSaidHow: Bool {
        if let record = memory.record, record.number == memory.attempt, record.phase == .ended { return true }
        return [StateValue.success, StateValue.error, StateValue.killed].contains(memory.lastState)
    }

    private static let gone = FailureCause(
        .killed, container: .main, reason: FailureReason.mainGone,
        message: "main ended without a word: killed with its entrypoint, most often for want of memory")

    private static func outcome(of record: MainAttempt) -> StepOutcome {
        let code = record.exitCode ?? record.signal.map { 128 + $0 } ?? 0
        guard code != 0 else { return .success }
        let wasKilled = record.signal != nil || record.reason == EndReason.oomKilled
        let end = record.signal.map { "main was ended by signal \($0)" } ?? "main exited with code \(code)"
        return .failure(
            FailureCause(
                wasKilled || record.reason == EndReason.noOutput ? .killed : .error, container: .main,
                reason: record.reason ?? (wasKilled ? FailureReason.signal : FailureReason.error),
                message: record.message.map { "\(end): \($0)" } ?? end, exitCode: code))
    }

    /// The kubelet gives `OOMKilled` and codes beyond 128 for signals; anything else is main's own failure.
    static func outcome(exitCode: Int32, kubeletReason: String) -> StepOutcome {
        guard exitCode != 0 else { return .success }
        let killed = exitCode > 128 || kubeletReason == "OOMKilled"
        return .failure(
            FailureCause(
                killed ? .killed : .error, container: .main, reason: kubeletReason,
                message: "main ended with code \(exitCode) (\(kubeletReason))", exitCode: exitCode))
    }

    /// What to store by when no other try follows: where only the agent failed, main itself had succeeded.
    func outcomeToStore(_ cause: FailureCause) -> StepOutcome {
        cause.container == .agent ? .success : .failure(cause)
    }
}
