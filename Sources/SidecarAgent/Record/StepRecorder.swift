import Basics
import Report
import Synchronization
import Transfer
import WorkdirProtocol

/// Takes note of what happens to the step, from whatever thread: little, bounded, and made into a record when asked for.
final class StepRecorder: Sendable {
    fileprivate struct Notes {
        var phases: [RecordedPhase] = []
        var states: [RecordedState] = []
        var attempts: [RecordedAttempt] = []
        var ledger: TransferLedger
        var warnings: [String] = []
        var outcome: StepOutcome?
        var attempt = 0
        /// CPU time of SHA-256, of inputs and of both together.
        var digest = (input: Duration.zero, all: Duration.zero)
        var pod: PodContainers?
        var end: UnixTime?
    }

    private let notes: Mutex<Notes>
    private let now: @Sendable () -> UnixTime

    private static let statesKept = 1000
    private static let attemptsKept = 200
    private static let warningsKept = 50
    /// Rows of transfers where nobody wants them all.
    static let fewRows = 500
    static let manyRows = 20_000

    /// - Parameters:
    ///   - rows: of transfers, at most.
    ///   - earlier: reports of the agent's earlier life, which ended at a moment that nobody knows.
    init(rows: Int, earlier: [StateReport] = [], now: @escaping @Sendable () -> UnixTime = HostFacts.now) {
        self.now = now
        var notes = Notes(ledger: TransferLedger(limit: rows))
        notes.states = earlier.map { RecordedState($0) }
        if !earlier.isEmpty {
            notes.warnings = [
                "the agent was started again: what it knew of phases and transfers before that is not here"
            ]
        }
        self.notes = Mutex(notes)
    }

    func take(_ event: AgentEvent) {
        let now = now()
        notes.withLock { notes in
            switch event {
            case .report(let report):
                if notes.states.count >= Self.statesKept { notes.states.remove(at: Self.statesKept / 2) }
                notes.states.append(RecordedState(report))
            case .transfer(let direction, let event):
                if let event = TransferLedger.Event(event) { notes.ledger.take(event, direction.recorded, at: now) }
            case .transferred(let direction, let report):
                notes.ledger.close()
                notes.digest.all = report.totals.digestTime
                if direction == .input { notes.digest.input = notes.digest.all }
            case .warning(let text):
                if notes.warnings.count < Self.warningsKept { notes.warnings.append(text) }
            case .manifest, .note: break
            }
        }
    }

    /// What the lifecycle was told, and where it stands since.
    func take(_ input: LifecycleInput, phase: LifecyclePhase, attempt: Int) {
        let now = now()
        notes.withLock { notes in
            notes.attempt = max(notes.attempt, attempt)
            if case .attempt(let record) = input { notes.take(record, at: now) }
            notes.take(phase, at: now)
            if notes.attempts.count > Self.attemptsKept { notes.attempts.removeFirst() }
        }
    }

    func take(_ pod: PodContainers) { notes.withLock { $0.pod = pod } }

    /// When the step began, as far as this agent knows.
    var began: UnixTime? { notes.withLock { $0.phases.first?.start ?? $0.states.first?.time } }

    var tries: Int { notes.withLock { $0.attempt } }

    private static func milliseconds(_ duration: Duration) -> Int64? {
        duration > .zero ? Int64(duration / .milliseconds(1)) : nil
    }

    /// The record as it is now; `outcome` where it is decided and not told yet, `listing` with all files.
    func record(outcome: StepOutcome? = nil, listing: Bool = true) -> StepRecord {
        let now = now()
        let notes = notes.withLock { $0 }
        var record = StepRecord()
        record.program = Version.current
        record.made = now
        record.start = [notes.phases.first?.start, notes.states.first?.time].compactMap { $0 }.min()
        if let outcome = outcome ?? notes.outcome {
            record.outcome = StepEnd(outcome, attempts: notes.attempt)
            record.end = notes.end ?? now
        }
        (record.phases, record.states, record.attempts) = (notes.phases, notes.states, notes.attempts)
        (record.containers, record.warnings) = (notes.pod?.containers ?? [], notes.warnings)
        (record.step.node, record.step.job) = (notes.pod?.node, notes.pod?.job)
        notes.ledger.write(to: &record, listing: listing)
        record.inputs.digest = Self.milliseconds(notes.digest.input)
        record.outputs.digest = Self.milliseconds(notes.digest.all - notes.digest.input)
        return record
    }
}

extension StepRecorder.Notes {
    fileprivate mutating func take(_ record: MainAttempt, at now: UnixTime) {
        guard record.phase != .waiting else { return }
        let number = Int64(record.number)
        if attempts.last?.number != number {
            // The entrypoint has said all at once where a short try was over before it was read.
            var attempt = RecordedAttempt()
            (attempt.number, attempt.start) = (number, now)
            attempts.append(attempt)
        }
        guard record.phase == .ended, let last = attempts.indices.last, attempts[last].end == nil else { return }
        attempts[last].end = now
        attempts[last].exitCode = record.exitCode.map { Int64($0) }
        attempts[last].signal = record.signal.map { Int64($0) }
        (attempts[last].reason, attempts[last].message) = (record.reason, record.message)
    }

    fileprivate mutating func take(_ phase: LifecyclePhase, at now: UnixTime) {
        switch phase {
        case .settled(let outcome), .leaving(let outcome):
            if self.outcome == nil { end = now }
            self.outcome = outcome
        default: break
        }
        let name = phase.recorded
        guard let name, phases.last?.name != name || phases.last?.end != nil else { return }
        if let last = phases.indices.last { phases[last].end = now }
        var next = RecordedPhase()
        (next.name, next.start) = (name, now)
        if phases.count < 900 { phases.append(next) }
    }
}

extension LifecyclePhase {
    fileprivate var recorded: RecordedPhase.Name? {
        switch self {
        case .pending: nil
        case .initializing: .initializing
        case .ready: .ready
        case .started, .running: .running
        case .awaitingRetry: .awaitingRetry
        case .storing: .storing
        case .settled, .leaving: .settled
        }
    }
}

extension AgentEvent.Direction {
    fileprivate var recorded: RecordedTransfer.Direction { self == .input ? .input : .output }
}

extension RecordedState {
    fileprivate init(_ report: StateReport) {
        self.init()
        (state, time, reason, message) = (report.state, report.time, report.reason, report.message)
        (exitCode, container) = (report.exitCode.map { Int64($0) }, report.container)
    }
}

extension StepEnd {
    fileprivate init(_ outcome: StepOutcome, attempts: Int) {
        self.init()
        let cause = outcome.cause
        state = cause?.state ?? StepState.done
        (reason, message, container) = (cause?.reason, cause?.message, cause?.container.rawValue)
        exitCode = cause?.exitCode.map { Int64($0) } ?? (cause == nil ? 0 : nil)
        self.attempts = Int64(attempts)
    }
}

extension TransferLedger.Event {
    fileprivate init?(_ event: TransferEvent) {
        switch event {
        case .planned, .told: return nil
        case .began(let path, let url): self = .began(path: path, url: url)
        case .admitted(let url): self = .admitted(url: url)
        case .finished(let file): self = .done(path: file.path, url: file.url, bytes: file.size, sha256: file.sha256)
        case .skipped(let file): self = .skipped(path: file.path, url: file.url, bytes: file.size)
        case .retrying(let error, _, let pause): self = .retrying(url: error.object, pause: pause)
        case .failed(let error): self = .failed(url: error.object, error: error.description)
        case .note(let path, let why): self = .leftOut(path: path, why: why)
        }
    }
}
