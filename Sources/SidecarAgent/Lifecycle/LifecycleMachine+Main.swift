import WorkdirProtocol

/// What main says of itself, by marker, record, process or status.
extension LifecycleMachine {
    mutating func started(_ input: LifecycleInput) -> [LifecycleEffect] {
        switch phase {
        case .pending, .initializing:
            return postpone(input)
        case .ready:
            memory.phase = .started
            return reportStarted()
        case .started, .running, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    mutating func state(_ value: String, _ input: LifecycleInput) -> [LifecycleEffect] {
        switch phase {
        case .pending, .initializing:
            return postpone(input)
        case .ready, .started, .running:
            memory.phase = .running
            return reportStarted() + reportState(value)
        case .awaitingRetry:
            guard value != memory.lastState else { return [] }
            if memory.record == nil {
                // Without an entrypoint only its words tell that main was started again.
                memory.attempt = min(memory.attempt, TryRecord.attemptLimit - 1) + 1
                memory.phase = .running
            }
            return reportState(value)
        case .storing, .settled, .leaving:
            return []
        }
    }

    /// Before it starts the program our entrypoint says `RUNNING`; a short try has overwritten that before it was read.
    private mutating func reportState(_ value: String) -> [LifecycleEffect] {
        guard value != memory.lastState else { return [] }
        let overwroteRunning =
            memory.lastState == nil && value != StateValue.running && memory.record?.hasBegun == true
        memory.lastState = value
        return (overwroteRunning ? [report(StateValue.running)] : []) + [report(value)]
    }

    mutating func attempt(_ record: MainAttempt, _ input: LifecycleInput) -> [LifecycleEffect] {
        switch phase {
        case .pending, .initializing:
            return postpone(input)
        case .ready, .started, .running:
            guard record.number >= memory.attempt else { return [] }
            take(record)
            if phase == .ready { memory.phase = .started }
            return reportStarted()
        case .awaitingRetry:
            guard record.number >= memory.attempt else { return [] }
            if take(record) { memory.phase = .started }
            return []
        case .storing:
            // Main was restarted although it had ended well; the verdict goes to the try that now waits for it.
            if record.number > memory.attempt { memory.attempt = record.number }
            return []
        case .settled(let outcome):
            guard memory.mayRun, record.number > memory.attempt else { return [] }
            memory.attempt = record.number
            return [verdict(outcome)]
        case .leaving:
            return []
        }
    }

    /// Whether the record is of a try not seen before.
    @discardableResult
    private mutating func take(_ record: MainAttempt) -> Bool {
        let isNew = record.number > memory.attempt
        if isNew {
            memory.attempt = record.number
            memory.lastState = nil
            if phase == .running { memory.phase = .started }
        }
        memory.record = record
        return isNew
    }

    mutating func done(_ marker: DoneMarker, _ input: LifecycleInput) -> [LifecycleEffect] {
        switch phase {
        case .pending, .initializing:
            return postpone(input)
        case .ready, .started, .running:
            guard takeDone(marker) else { return [] }
            return endTry(outcomeOfTry(saidDone: true))
        case .awaitingRetry:
            let isOfEndedTry = marker.attempt == memory.attempt
            guard takeDone(marker), !isOfEndedTry else { return [] }
            return endTry(outcomeOfTry(saidDone: true))
        case .storing:
            _ = takeDone(marker)
            return []
        case .settled(let outcome):
            let before = memory.attempt
            guard memory.mayRun, takeDone(marker), memory.attempt > before else { return [] }
            return [verdict(outcome)]
        case .leaving:
            return []
        }
    }

    /// Whether the marker is news: not seen before and not of an earlier try.
    private mutating func takeDone(_ marker: DoneMarker) -> Bool {
        guard marker.identity != memory.lastDone else { return false }
        memory.lastDone = marker.identity
        guard let number = marker.attempt else { return true }
        guard number >= memory.attempt else { return false }
        if number > memory.attempt {
            memory.attempt = number
            memory.record = nil
        }
        return true
    }

    mutating func mainGone(_ attempt: Int) -> [LifecycleEffect] {
        switch phase {
        case .started, .running:
            guard attempt == memory.attempt else { return [] }
            return endTry(outcomeOfTry(saidDone: false))
        // Before `ready` it was only waiting; after its end this is no news.
        case .pending, .initializing, .ready, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    mutating func mainStatus(_ status: MainStatus, _ input: LifecycleInput) -> [LifecycleEffect] {
        hearsStatus = true
        // The API server may tell of a try's end when the next one runs already: each try but the first was a restart.
        if case .terminated(_, _, _, let restarts?) = status, restarts < memory.attempt - 1 { return [] }
        switch (phase, status) {
        case (.pending, _), (.initializing, _):
            return postpone(input)
        case (.ready, .notStarted(let reason)):
            memory.notStarted = reason
            return []
        case (.ready, .running):
            memory.phase = .started
            return reportStarted()
        case (.ready, .terminated(let code, let reason, let final, _)),
            (.started, .terminated(let code, let reason, let final, _)),
            (.running, .terminated(let code, let reason, let final, _)):
            return endTry(Self.outcome(exitCode: code, kubeletReason: reason), final: final)
        case (.awaitingRetry, .running):
            // With an entrypoint its record tells of the new try.
            guard memory.record == nil else { return [] }
            memory.attempt = min(memory.attempt, TryRecord.attemptLimit - 1) + 1
            memory.phase = .started
            return []
        case (.awaitingRetry(let cause), .terminated(let code, let reason, final: true, _)):
            // Our own words for the same end are richer than the kubelet's; another code is of a later try.
            let isSameEnd = code != 0 && code == cause.exitCode
            return finish(isSameEnd ? outcomeToStore(cause) : Self.outcome(exitCode: code, kubeletReason: reason))
        case (.started, .running), (.running, .running), (.awaitingRetry, .terminated), (.started, .notStarted),
            (.running, .notStarted), (.awaitingRetry, .notStarted), (.storing, _), (.settled, _), (.leaving, _):
            return []
        }
    }
}

/// How a try ended, from what is known of it.
extension LifecycleMachine {
    /// The entrypoint's record knows best, then the last `state`. A program that never spoke our protocol and whose
    /// end is known from a signal alone is taken to have succeeded: nothing speaks against it. One of which nothing was
    /// seen at all is not: in `ready` the agent has waited for it in vain.
    func outcomeOfTry(saidDone: Bool) -> StepOutcome {
        if phase == .ready, !saidDone { return .failure(notSeen) }
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
            return saidDone || !spokeProtocol ? .success : .failure(gone)
        }
    }

    /// Whether main's own files tell how the try ended.
    var hasSaidHow: Bool {
        if let record = memory.record, record.number == memory.attempt, record.phase == .ended { return true }
        return [StateValue.success, StateValue.error, StateValue.killed].contains(memory.lastState)
    }

    var notSeen: FailureCause {
        let message =
            memory.notStarted.map { "main was never started: \($0)" }
            ?? "nothing was ever seen of main: no marker, no process, no output; whether it ran is not known"
        return FailureCause(
            .killed, container: .main, reason: memory.notStarted ?? FailureReason.mainNotSeen, message: message)
    }

    private var gone: FailureCause {
        let (reason, why) =
            switch silence {
            case .volumeFull:
                (FailureReason.volumeFull, ", and the volume is full: raise its sizeLimit, or write less")
            case .folderDeleted:
                (
                    FailureReason.mainGone,
                    ": \(WorkdirPath.own)/ was deleted from the workdir, where it would have said how; main must leave it there"
                )
            case nil: (FailureReason.mainGone, ": killed with its entrypoint, most often for want of memory")
            }
        return FailureCause(.killed, container: .main, reason: reason, message: "main ended without a word\(why)")
    }

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
