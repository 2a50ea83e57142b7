import Basics

/// The entrypoint's record of the current try, in the file `WorkdirPath.attempt`: the agent learns from it which try a
/// `done` ends and how the command ended, the entrypoint of the next try how many there were.
package struct TryRecord: Sendable, Equatable {
    package enum Phase: Sendable, CaseIterable {
        /// The inputs are awaited.
        case waiting
        /// The command runs.
        case running
        /// The command has ended, or will not run at all.
        case ended

        package var name: String {
            switch self {
            case .waiting: "waiting"
            case .running: "running"
            case .ended: "ended"
            }
        }
    }

    /// The try, counted from 1.
    package var attempt: Int
    /// What `WorkdirPath.epoch` said when the try began; empty if nothing.
    package var epoch: String
    package var phase: Phase
    /// The command's process, in the main container's own numbering.
    package var processID: Int32?
    /// The command's exit code, once it has exited.
    package var exitCode: Int32?
    /// The signal that ended the command.
    package var signal: Int32?
    /// Why it ended, where the code alone does not say: an `EndReason`.
    package var reason: String?
    /// What people should know of the end, in one line.
    package var message: String?
    /// The trace that the command belongs to, as main's environment has it: a `TraceParent`.
    package var traceparent: String?

    package init(
        attempt: Int, epoch: String, phase: Phase, processID: Int32? = nil, exitCode: Int32? = nil,
        signal: Int32? = nil, reason: String? = nil, message: String? = nil, traceparent: String? = nil
    ) {
        self.attempt = attempt
        self.epoch = epoch
        self.phase = phase
        self.processID = processID
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
        self.message = message
        self.traceparent = traceparent
    }

    /// The highest number of a try. Whoever may write the volume may write any number; up to here one can go on counting.
    package static let attemptLimit = 1_000_000_000

    /// The number of the try that follows `earlier`.
    package static func attempt(after earlier: TryRecord?) -> Int {
        min(earlier?.attempt ?? 0, attemptLimit - 1) + 1
    }

    /// Reads what `text` wrote; nil without a valid try and phase, or with a number that the kernel gives to no process,
    /// exit code or signal.
    package init?(parsing bytes: some Collection<UInt8>) {
        var attempt: Int?
        var phase: Phase?
        var isSound = true
        func number(_ value: ArraySlice<UInt8>, in range: ClosedRange<Int32>) -> Int32? {
            let number = Int32(ascii: value).flatMap { range.contains($0) ? $0 : nil }
            isSound = isSound && number != nil
            return number
        }
        self.init(attempt: 0, epoch: "", phase: .waiting)
        KeyValueLines.forEach(in: bytes) { key, value in
            switch key {
            case _ where Key.attempt.isIdentical(to: key): attempt = Int(ascii: value)
            case _ where Key.epoch.isIdentical(to: key): epoch = String(decoding: value, as: UTF8.self)
            case _ where Key.phase.isIdentical(to: key):
                phase = Phase.allCases.first { $0.name.isIdentical(to: value) }
            case _ where Key.processID.isIdentical(to: key): processID = number(value, in: 1 ... .max)
            case _ where Key.exitCode.isIdentical(to: key): exitCode = number(value, in: 0...255)
            case _ where Key.signal.isIdentical(to: key): signal = number(value, in: 1...64)
            case _ where Key.reason.isIdentical(to: key): reason = String(decoding: value, as: UTF8.self)
            case _ where Key.message.isIdentical(to: key): message = String(decoding: value, as: UTF8.self)
            case _ where Key.traceparent.isIdentical(to: key):
                traceparent = TraceParent.checked(String(decoding: value, as: UTF8.self))
            default: break
            }
        }
        guard isSound, let attempt, (1...Self.attemptLimit).contains(attempt), let phase else { return nil }
        self.attempt = attempt
        self.phase = phase
    }

    /// The file's content.
    package var text: String {
        var text = "\(Key.attempt)=\(attempt)\n\(Key.epoch)=\(KeyValueLines.flattened(epoch))\n"
        text += "\(Key.phase)=\(phase.name)\n"
        if let processID { text += "\(Key.processID)=\(processID)\n" }
        if let exitCode { text += "\(Key.exitCode)=\(exitCode)\n" }
        if let signal { text += "\(Key.signal)=\(signal)\n" }
        if let reason { text += "\(Key.reason)=\(KeyValueLines.flattened(reason))\n" }
        if let message { text += "\(Key.message)=\(KeyValueLines.flattened(message))\n" }
        if let traceparent { text += "\(Key.traceparent)=\(traceparent)\n" }
        return text
    }

    private enum Key {
        static let attempt = "try"
        static let epoch = "epoch"
        static let phase = "phase"
        static let processID = "pid"
        static let exitCode = "exit"
        static let signal = "signal"
        static let reason = "reason"
        static let message = "message"
        static let traceparent = "traceparent"
    }
}

/// W3C Trace Context's `traceparent`, `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`: version, trace, span,
/// flags.
package enum TraceParent {
    /// Where it stands in an environment.
    package static let variable = "TRACEPARENT"

    /// `text` where it is one.
    package static func checked(_ text: String?) -> String? {
        guard let text else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].count == 2, parts[1].count == 32, parts[2].count == 16, parts[3].count == 2,
            !parts[0].elementsEqual("ff".utf8)
        else { return nil }
        let isHex = parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
        return isHex && parts[1...2].allSatisfy { $0.contains { $0 != UInt8(ascii: "0") } } ? text : nil
    }
}

/// Values of `TryRecord.reason` that the entrypoint writes.
package enum EndReason {
    /// The command printed nothing for longer than allowed and was ended.
    package static let noOutput = "NoOutput"
    /// The container was asked to stop before the command began.
    package static let cancelled = "Cancelled"
    /// The inputs could not be provided: the agent's verdict.
    package static let initializationFailed = "InitializationFailed"
    /// The command could not be started: not found, not executable.
    package static let notStarted = "NotStarted"
    /// The kernel killed the command for want of memory; the kubelet's word for it.
    package static let oomKilled = "OOMKilled"
}

/// Text of `key=value` lines, or words: the form of the protocol's small records. Unknown keys are skipped, so that an
/// older reader understands a newer writer.
package enum KeyValueLines {
    /// Calls `body` for every `key=value` among `bytes`, in order; what has no `=` is skipped.
    package static func forEach(
        in bytes: some Collection<UInt8>, separatedBy separator: UInt8 = ASCII.newline,
        _ body: (_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void
    ) {
        for line in Array(bytes).split(separator: separator) {
            guard let equals = line.firstIndex(of: ASCII.equals) else { continue }
            body(line[..<equals], line[(equals + 1)...])
        }
    }

    /// `value` on one line.
    package static func flattened(_ value: String) -> String {
        String(decoding: value.utf8.map { ASCII.isBreak($0) ? ASCII.space : $0 }, as: UTF8.self)
    }
}
