import Basics
import Transfer

/// What a step does, told to a person line by line, or as JSON lines.
package struct Timeline: Sendable {
    package enum Form: Sendable {
        case text, json
    }

    private let form: Form
    private var shown: [AgentEvent.Direction: Int] = [:]

    /// Files named one by one, of inputs and of outputs each; the others are counted.
    static let filesShown = 20

    package init(_ form: Form) {
        self.form = form
    }

    /// The lines for an event, each with its line feed; often none.
    package mutating func lines(for event: AgentEvent, at elapsed: Duration) -> String {
        switch form {
        case .json: Self.json(event, elapsed)
        case .text: text(event, elapsed)
        }
    }

    private mutating func text(_ event: AgentEvent, _ elapsed: Duration) -> String {
        switch event {
        case .report(let report):
            let cause = [report.reason, report.message].compactMap { $0 }.joined(separator: ": ")
            return Self.line(elapsed, report.state + (cause.isEmpty ? "" : "  \(cause)"))
        case .transfer(let direction, .finished(let file)):
            return named(direction, Self.line(elapsed, "  \(Self.arrow(direction)) \(Self.describe(file))"))
        case .transfer(let direction, .skipped(let file)):
            return named(
                direction, Self.line(elapsed, "  \(Self.arrow(direction)) \(Self.describe(file)), already there"))
        case .transfer(_, .retrying(let error, let attempt, let pause)):
            return Self.line(elapsed, "  try \(attempt) failed, again in \(Self.seconds(pause)) s: \(error)")
        case .transfer(_, .failed(let error)):
            return Self.line(elapsed, "  failed: \(error)")
        case .transfer(_, .note(let path, let reason)):
            return Self.line(elapsed, "  left out \(path): \(reason)")
        case .transfer(_, .told(let object, let text)):
            return Self.line(elapsed, "  \(object): \(text)")
        case .transfer(_, .planned), .transfer(_, .began), .transfer(_, .admitted):
            return ""
        case .transferred(let direction, let report):
            guard report.fileCount > 0 else { return "" }
            let many = report.fileCount == 1 ? "" : "s"
            let what = direction == .input ? "input\(many) in place" : "output\(many) stored"
            let only = report.isComplete ? "" : "only "
            return Self.line(elapsed, "  \(only)\(report.fileCount) \(what), \(ByteSize.rounded(report.bytes))")
        case .manifest(let url):
            return Self.line(elapsed, "  manifest \(url)")
        case .note(let text):
            return Self.line(elapsed, "  \(text)")
        case .warning(let text):
            return Self.line(elapsed, "  warning: \(text)")
        }
    }

    private mutating func named(_ direction: AgentEvent.Direction, _ line: String) -> String {
        shown[direction, default: 0] += 1
        return shown[direction, default: 0] <= Self.filesShown ? line : ""
    }

    private static func arrow(_ direction: AgentEvent.Direction) -> String { direction == .input ? "<-" : "->" }

    private static func describe(_ file: TransferredFile) -> String {
        "\(file.path)  \(ByteSize.rounded(file.size))  \(file.url)"
    }

    private static func line(_ elapsed: Duration, _ text: String) -> String {
        let time = seconds(elapsed)
        // Main names files as it likes, escape sequences included.
        let shown = text.printable(limit: .max)
        return "kpipe-sidecar: \(String(repeating: " ", count: max(0, 8 - time.utf8.count)))\(time) s  \(shown)\n"
    }

    /// With milliseconds.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)"
    }
}

extension Timeline {
    private struct Entry {
        var elapsed: Double
        var event: String
        var state: String?
        var previous: String?
        var terminal: Bool?
        var reason: String?
        var exitCode: Int32?
        var container: String?
        var sequence: Int64?
        var time: String?
        var direction: String?
        var path: String?
        var url: String?
        var size: Int64?
        var sha256: String?
        var files: Int?
        var message: String?

        /// In the order of their names.
        var json: JSONValue {
            func number(_ value: (some BinaryInteger)?) -> JSONValue? { value.map { .integer(Int64($0)) } }
            func string(_ value: String?) -> JSONValue? { value.map { .string($0) } }
            return .object(present: [
                "container": string(container), "direction": string(direction),
                "elapsed": .number(elapsed), "event": .string(event), "exitCode": number(exitCode),
                "files": number(files), "message": string(message), "path": string(path),
                "previous": string(previous), "reason": string(reason),
                "sequence": number(sequence), "sha256": string(sha256), "size": number(size),
                "state": string(state), "terminal": terminal.map { .bool($0) },
                "time": string(time), "url": string(url),
            ])
        }
    }

    private static func json(_ event: AgentEvent, _ elapsed: Duration) -> String {
        var entry = Entry(elapsed: elapsed / .seconds(1), event: "")
        switch event {
        case .report(let report):
            entry.event = "state"
            (entry.state, entry.previous, entry.terminal) = (report.state, report.previous, report.terminal)
            (entry.reason, entry.message, entry.exitCode) = (report.reason, report.message, report.exitCode)
            (entry.container, entry.sequence) = (report.container, report.sequence)
            entry.time = report.time.description
        case .transfer(let direction, let transfer):
            entry.direction = direction.rawValue
            guard describe(transfer, in: &entry) else { return "" }
        case .transferred(let direction, let report):
            (entry.event, entry.direction) = ("transferred", direction.rawValue)
            (entry.files, entry.size) = (report.fileCount, report.bytes)
        case .manifest(let url):
            (entry.event, entry.url) = ("manifest", url)
        case .note(let text):
            (entry.event, entry.message) = ("note", text)
        case .warning(let text):
            (entry.event, entry.message) = ("warning", text)
        }
        return entry.json.text.printableJSON + "\n"
    }

    private static func describe(_ transfer: TransferEvent, in entry: inout Entry) -> Bool {
        switch transfer {
        case .finished(let file), .skipped(let file):
            if case .finished = transfer { entry.event = "file" } else { entry.event = "skipped" }
            (entry.path, entry.url, entry.size, entry.sha256) = (file.path, file.url, file.size, file.sha256)
        case .retrying(let error, let attempt, _):
            (entry.event, entry.message) = ("retry", "try \(attempt): \(error)")
        case .failed(let error):
            (entry.event, entry.message) = ("failed", "\(error)")
        case .note(let path, let reason):
            (entry.event, entry.path, entry.message) = ("left-out", path, reason)
        case .told(let object, let text):
            (entry.event, entry.url, entry.message) = ("note", object, text)
        case .planned, .began, .admitted:
            return false
        }
        return true
    }
}
