import Basics
import Glibc
import Logging
import Synchronization
import Transfer
import WorkdirProtocol

/// What a copy prints: a line for each file on standard output, failures on standard error, and on a terminal one line
/// of progress that is written over.
final class CopyOutput: Sendable {
    private let json: Bool
    private let quiet: Bool
    private let dryRun: Bool
    private let meter: TransferMeter
    private let diagnostics: Diagnostics
    private let showsProgress: Bool
    /// Standard output is the object's own.
    private let yieldsOutput: Bool
    private let clock = ContinuousClock()
    private let began = ContinuousClock.now
    /// Lines come from many tasks. The first that could not be written; the copy goes on.
    private let terminal = Mutex<CommandFailure?>(nil)

    private static let redraw = Duration.milliseconds(200)
    private static let eraseLine = "\r\u{1B}[K"
    /// What is too long for the terminal is cut, or each redrawing would leave a line behind.
    private static func cut(_ line: String) -> String { "\u{1B}[?7l\(line)\u{1B}[?7h" }

    /// - Parameter yieldsOutput: what is copied goes to standard output. JSON goes to standard error then, and lines for
    ///   people are left out.
    init(
        json: Bool, quiet: Bool, dryRun: Bool, yieldsOutput: Bool, meter: TransferMeter, diagnostics: Diagnostics
    ) {
        let quiet = quiet || yieldsOutput && !json
        self.json = json
        self.quiet = quiet
        self.yieldsOutput = yieldsOutput
        self.dryRun = dryRun
        self.meter = meter
        self.diagnostics = diagnostics
        showsProgress = !quiet && !json && !dryRun && ProgramStreams.isScreen(STDERR_FILENO)
    }

    /// Runs `body` with a line of progress beside it.
    func showing<Success: Sendable>(_ body: @escaping @Sendable () async -> Success) async -> Success {
        guard showsProgress else { return await body() }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                while (try? await Task.sleep(for: Self.redraw)) != nil {
                    let line = ProgressLine.text(meter.reading, after: clock.now - began)
                    draw(Self.eraseLine + Self.cut(line))
                }
            }
            let success = await body()
            group.cancelAll()
            draw(Self.eraseLine)
            return success
        }
    }

    func take(_ event: TransferEvent) {
        switch event {
        case .skipped(let file):
            // Nothing was copied, so there is no line that says so.
            if json, !quiet {
                print(JSONLine.object([("event", .text("skipped"))] + Self.fields(file)))
            }
        case .planned(let file), .finished(let file):
            if quiet { return }
            let text = "\(file.url) \(file.path)".printable(limit: 8192)
            let line =
                json
                ? JSONLine.object([("event", .text(dryRun ? "planned" : "finished"))] + Self.fields(file))
                : dryRun ? text + Self.plan(file) : showsProgress ? nil : text
            if let line { print(line) }
        case .failed(let error):
            if json {
                let fields: [(String, JSONLine.Value)] = [
                    ("event", .text("failed")), ("object", .text(error.object)), ("error", .text(error.description)),
                    ("exitCode", .number(Int64(error.exitCode.rawValue))),
                ]
                print(JSONLine.object(fields))
            }
            // Whoever stopped it knows, and does not want to hear it of each object.
            say(error.description, error.reason == .cancelled ? .info : .error)
        case .began, .admitted: break
        case .note(let path, let why), .told(let path, let why): if !quiet { say("\(path): \(why)", .notice) }
        case .retrying(let error, let attempt, let pause):
            let text = "\(error.description); try \(attempt + 1) follows in \(ProgressLine.clock(pause / .seconds(1)))"
            // Who waits for long wants to know for whom.
            say(text, pause >= .seconds(5) && !quiet ? .notice : .info)
        }
    }

    /// A line about something that is no file, for people or for programs.
    func show(_ text: String, _ fields: @autoclosure () -> [(String, JSONLine.Value)]) {
        if !quiet { print(json ? JSONLine.object(fields()) : text) }
    }

    func prompt(_ text: String) { draw(text) }

    /// Why a line of the result could not be written.
    var failure: CommandFailure? { terminal.withLock { $0 } }

    /// The summary, where somebody reads it.
    func finish(_ report: TransferReport, exitCode: Int32) {
        let totals = report.totals
        let elapsed = clock.now - began
        if json {
            let milliseconds = Int64(elapsed / .milliseconds(1))
            let fields: [(String, JSONLine.Value)] = [
                ("event", .text("summary")), ("objects", .number(Int64(totals.objectsDone))),
                ("skipped", .number(Int64(totals.objectsSkipped))), ("bytes", .number(totals.bytesMoved)),
                ("retries", .number(Int64(totals.retries))), ("failures", .number(Int64(report.failureCount))),
                ("milliseconds", .number(milliseconds)),
                ("digestMilliseconds", .number(Int64(totals.digestTime / .milliseconds(1)))),
                ("exitCode", .number(Int64(exitCode))),
            ]
            print(JSONLine.object(fields))
        } else if showsProgress {
            draw(ProgressLine.summary(totals, after: elapsed) + "\n")
        }
    }

    private static func fields(_ file: TransferredFile) -> [(String, JSONLine.Value)] {
        [("path", .text(file.path)), ("url", .text(file.absoluteURL))]
            + (file.isMeasured ? [("size", .number(file.size))] : [])
            + (file.sha256.map { [("sha256", .text($0))] } ?? [])
            + (file.parts.map { [("parts", .number(Int64($0)))] } ?? [])
    }

    /// How much it is, and in how many requests.
    private static func plan(_ file: TransferredFile) -> String {
        guard file.isMeasured else { return " (size not known)" }
        return " (\(ByteSize.rounded(file.size))\(file.parts.map { " in \($0) parts" } ?? ""))"
    }

    private func say(_ text: String, _ level: Logger.Level) {
        // The line of progress makes way.
        if showsProgress, level >= diagnostics.level { draw(Self.eraseLine) }
        diagnostics.say(text, level)
    }

    /// A line of the result.
    private func print(_ line: String) {
        terminal.withLock { failure in
            if yieldsOutput { return Diagnostics.write(line + "\n") }
            do throws(CommandFailure) { try StandardOutput.write(line + "\n") } catch { failure = failure ?? error }
        }
    }

    private func draw(_ text: String) { terminal.withLock { _ in Diagnostics.write(text) } }
}

/// JSON objects on one line, for programs that read along.
enum JSONLine {
    enum Value {
        case text(String)
        case number(Int64)
    }

    static func object(_ fields: [(String, Value)]) -> String {
        let members = fields.map { name, value in
            switch value {
            case .text(let text): "\(quoted(name)):\(quoted(text))"
            case .number(let number): "\(quoted(name)):\(number)"
            }
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result.printableJSON + "\""
    }
}

/// One line that tells how far a copy is. Pure.
private enum ProgressLine {
    static func text(_ reading: TransferMeter.Reading, after elapsed: Duration) -> String {
        let done = reading.objectsDone + reading.objectsSkipped
        var parts = ["\(done)/\(String(counting: reading.objects, "object"))"]
        let known = reading.bytes > 0
        parts.append(ByteSize.rounded(reading.bytesMoved) + (known ? " of \(ByteSize.rounded(reading.bytes))" : ""))
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Double(reading.bytesMoved) / seconds : 0
        parts.append("\(ByteSize.rounded(Int64(rate)))/s")
        if known, rate > 0, reading.bytes > reading.bytesMoved {
            parts.append("\(clock(Double(reading.bytes - reading.bytesMoved) / rate)) left")
        }
        if reading.retries > 0 { parts.append(String(counting: reading.retries, "retry", "retries")) }
        if reading.failures > 0 { parts.append("\(reading.failures) failed") }
        return parts.joined(separator: "  ")
    }

    static func summary(_ reading: TransferMeter.Reading, after elapsed: Duration) -> String {
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Int64(Double(reading.bytesMoved) / seconds) : 0
        return
            "\(String(counting: reading.objectsDone, "object")), \(ByteSize.rounded(reading.bytesMoved)) in \(clock(seconds))"
            + ", \(ByteSize.rounded(rate))/s"
    }

    /// `42.1 s`, `3:05` or `2:00:09`.
    static func clock(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(seconds)
        if whole < 60 { return "\(whole).\(Int(seconds * 10) % 10) s" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
        return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
}
