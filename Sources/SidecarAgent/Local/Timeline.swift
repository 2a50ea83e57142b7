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
    private static let filesShown = 20

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
    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.utf8.count))\(fraction)"
    }
}

extension Timeline {
    private static func json(_ event: AgentEvent, _ elapsed: Duration) -> String {
        members(of: event, .number(elapsed / .seconds(1))).map { $0.text.printableJSON + "\n" } ?? ""
    }

    /// In the order of their names.
    private static func members(of event: AgentEvent, _ elapsed: JSONValue) -> JSONValue? {
        switch event {
        case .report(let report):
            .object(present: [
                "container": report.container.map { .string($0) }, "elapsed": elapsed, "event": "state",
                "exitCode": report.exitCode.map { .integer(Int64($0)) },
                "message": report.message.map { .string($0) }, "previous": .string(report.previous),
                "reason": report.reason.map { .string($0) }, "sequence": .integer(report.sequence),
                "state": .string(report.state), "terminal": .bool(report.terminal),
                "time": .string(report.time.description),
            ])
        case .transfer(let direction, let transfer): members(of: transfer, .string(direction.rawValue), elapsed)
        case .transferred(let direction, let report):
            [
                "direction": .string(direction.rawValue), "elapsed": elapsed, "event": "transferred",
                "files": .integer(Int64(report.fileCount)), "size": .integer(report.bytes),
            ]
        case .manifest(let url): ["elapsed": elapsed, "event": "manifest", "url": .string(url)]
        case .note(let text): ["elapsed": elapsed, "event": "note", "message": .string(text)]
        case .warning(let text): ["elapsed": elapsed, "event": "warning", "message": .string(text)]
        }
    }

    private static func members(of transfer: TransferEvent, _ direction: JSONValue, _ elapsed: JSONValue) -> JSONValue?
    {
        func told(
            _ event: JSONValue, _ message: String? = nil, path: String? = nil, sha256: String? = nil,
            size: Int64? = nil, url: String? = nil
        ) -> JSONValue {
            .object(present: [
                "direction": direction, "elapsed": elapsed, "event": event, "message": message.map { .string($0) },
                "path": path.map { .string($0) }, "sha256": sha256.map { .string($0) },
                "size": size.map { .integer($0) }, "url": url.map { .string($0) },
            ])
        }
        func moved(_ event: JSONValue, _ file: TransferredFile) -> JSONValue {
            told(event, path: file.path, sha256: file.sha256, size: file.size, url: file.url)
        }
        return switch transfer {
        case .finished(let file): moved("file", file)
        case .skipped(let file): moved("skipped", file)
        case .retrying(let error, let attempt, _): told("retry", "try \(attempt): \(error)")
        case .failed(let error): told("failed", "\(error)")
        case .note(let path, let reason): told("left-out", reason, path: path)
        case .told(let object, let text): told("note", text, url: object)
        case .planned, .began, .admitted: nil
        }
    }
}
