import Basics
import WorkdirProtocol

/// Numbers and states as reports word them.
enum Words {
    /// `350ms`, `12.3s`, `12m 4s`, `8h 3m`, `12d 4h`; of milliseconds, not below 0.
    static func duration(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds) / 1000
        switch max(0, milliseconds) {
        case 0: return "0s"
        case let short where short < 1000: return "\(short)ms"
        case let short where short < 60_000: return "\(RecordLimits.thousandths(short / 100 * 100))s"
        case ..<3_600_000: return two(seconds / 60, "m", seconds % 60, "s")
        case ..<86_400_000: return two(seconds / 3600, "h", seconds % 3600 / 60, "m")
        default: return two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }

    private static func two(_ large: Int64, _ unit: String, _ small: Int64, _ smaller: String) -> String {
        small == 0 ? "\(large)\(unit)" : "\(large)\(unit) \(small)\(smaller)"
    }

    static func rate(_ bytesPerSecond: Double) -> String { ByteSize.rounded(Int64(bytesPerSecond.clamped)) + "/s" }

    /// `2026-11-29 12:00:04 UTC`.
    static func moment(_ time: UnixTime) -> String {
        let text = time.description
        guard let point = text.firstIndex(of: ".") else { return text }
        return text[..<point].map { $0 == "T" ? " " : String($0) }.joined() + " UTC"
    }
}

extension StepRecord {
    /// Of the step, or of as much as there was when the record was made.
    package var length: Int64 {
        let span = span
        return span.upperBound - span.lowerBound
    }

    /// Milliseconds since 1970 between which everything lies that is drawn. Never empty.
    package var span: Range<Int64> {
        var times = [start, end, end == nil ? made : nil].compactMap { $0?.milliseconds }
        for phase in phases { times += [phase.start, phase.end].compactMap { $0?.milliseconds } }
        times += states.compactMap { $0.time?.milliseconds }
        for attempt in attempts { times += [attempt.start, attempt.end].compactMap { $0?.milliseconds } }
        for container in containers { times += [container.start, container.end].compactMap { $0?.milliseconds } }
        let first = times.min() ?? 0
        return first..<max(first + 1, times.max() ?? 0)
    }

    /// `nightly-7fk2p`, or whatever names it.
    package var title: String {
        (step.pod ?? step.job ?? step.uid ?? "a step").printable(limit: 253)
    }

    /// How it ended, in one sentence of text that is not yet escaped.
    package var sentence: String {
        let owner = step.job.map { $0 == step.pod ? "" : " of Job \($0.printable(limit: 253))" } ?? ""
        let lasted = Words.duration(length)
        guard let outcome else {
            let state = states.last?.state.map { ", last in state \($0.printable(limit: 80))" } ?? ""
            return "Step \(title)\(owner) has been going on for \(lasted)\(state)."
        }
        let verb =
            switch outcome.state {
            case "DONE": "succeeded in"
            case "KILLED": "was killed after"
            case "ERROR": "failed after"
            default: "ended in \((outcome.state ?? "an unknown state").printable(limit: 80)) after"
            }
        var text = "Step \(title)\(owner) \(verb) \(lasted)"
        let tries = outcome.attempts ?? Int64(attempts.count)
        if tries > 1 { text += " and \(tries) tries" }
        if let reason = outcome.reason {
            let whose = outcome.container.map { "\($0.printable(limit: 80)): " } ?? ""
            text += "; \(whose)\(reason.printable(limit: 80))"
            if let code = outcome.exitCode { text += ", exit code \(code)" }
        }
        return text + "."
    }

    /// What else is known of the end.
    package var explanation: String? {
        let usage = usage.first { $0.container == outcome?.container ?? "main" }
        var parts: [String] = []
        if let message = outcome?.message { parts.append(message.printable(limit: 1000)) }
        if outcome?.reason == "OOMKilled", let limit = container(named: "main")?.limits.memory ?? usage?.memoryLimit {
            parts.append("It may use \(ByteSize.rounded(limit)) of memory.")
        }
        return parts.isEmpty ? nil : parts.map { $0.hasSuffix(".") ? $0 : $0 + "." }.joined(separator: " ")
    }
}
