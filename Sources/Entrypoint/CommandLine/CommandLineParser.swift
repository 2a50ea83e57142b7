import Basics
import WorkdirProtocol

/// Reads the command line and, for what it leaves open, the `KPIPE_*` variables. Pure; ends at the first mistake.
package struct CommandLineParser {
    private var rest: ArraySlice<String>
    private let environment: (String) -> String?

    /// - Parameters:
    ///   - arguments: Without the program's own name.
    ///   - environment: The value of a variable.
    package static func parse(
        _ arguments: [String], environment: @escaping (String) -> String?
    ) throws(UsageError) -> EntrypointCommand {
        var parser = CommandLineParser(rest: arguments[...], environment: environment)
        return try parser.command()
    }

    private mutating func command() throws(UsageError) -> EntrypointCommand {
        guard let word = rest.popFirst() else { throw UsageError(message: "a command is missing") }
        switch word {
        case _ where word.isHelp || word.isWord("help"): return .help(.all)
        case _ where word.isWord("--version"): return .version
        case _ where word.isWord("run"): return try run()
        case _ where word.isWord("hook"): return try hook()
        case _ where word.isWord("probe"): return try probe()
        case _ where word.isWord("install"): return try install()
        default: throw UsageError(message: "there is no command '\(word)'")
        }
    }

    private mutating func run() throws(UsageError) -> EntrypointCommand {
        var options = try RunOptions(workdir: workdir(), environment: environment)
        while let word = rest.popFirst() {
            switch word {
            case _ where word.isWord("--"):
                options.command = Array(rest)
                guard let name = rest.first, !name.utf8.isEmpty else {
                    throw UsageError(message: "no command after --")
                }
                return .run(options)
            case _ where word.isHelp: return .help(.run)
            case _ where word.isWord("--await-outputs"): options.awaitsOutputs = true
            case _ where word.isWord("--no-await-outputs"): options.awaitsOutputs = false
            case _ where word.isOption("await-outputs") || word.isOption("no-await-outputs"):
                throw UsageError(message: "'\(word)': --await-outputs and --no-await-outputs take no value")
            case _ where word.isOption("no-output-timeout"):
                options.noOutputTimeout = try Self.timeout(value(of: word), of: "--no-output-timeout")
            case _ where word.isOption("timestamps"):
                options.timestamps = try Self.timestamps(value(of: word), of: "--timestamps")
            case _ where word.isOption("workdir"): options.workdir = try value(of: word)
            case _ where word.isOption("chdir"): options.folder = try value(of: word)
            case _ where word.utf8.first == UInt8(ascii: "-"):
                throw UsageError(message: "run has no option '\(word)'; the command comes after --")
            default: throw UsageError(message: "'\(word)': put -- before the command")
            }
        }
        throw UsageError(message: "the command is missing: run [OPTIONS] -- COMMAND…")
    }

    private mutating func hook() throws(UsageError) -> EntrypointCommand {
        var workdir = workdir()
        var isStarted = false
        while let word = rest.popFirst() {
            switch word {
            case _ where word.isHelp: return .help(.hook)
            case _ where word.isOption("workdir"): workdir = try value(of: word)
            case _ where word.isWord(WorkdirPath.started) && !isStarted: isStarted = true
            default: throw UsageError(message: "hook knows only 'started', not '\(word)'")
            }
        }
        guard isStarted else { throw UsageError(message: "which hook? There is 'started'") }
        return .hookStarted(workdir: workdir)
    }

    private mutating func probe() throws(UsageError) -> EntrypointCommand {
        var workdir = workdir()
        var kind: ProbeKind?
        while let word = rest.popFirst() {
            if word.isHelp { return .help(.probe) }
            if word.isOption("workdir") {
                workdir = try value(of: word)
            } else if kind == nil, let known = ProbeKind.allCases.first(where: { word.isWord($0.name) }) {
                kind = known
            } else {
                throw UsageError(message: "probe knows 'ready', 'started' and 'healthy', not '\(word)'")
            }
        }
        guard let kind else { throw UsageError(message: "which probe? There are 'ready', 'started' and 'healthy'") }
        return .probe(kind, workdir: workdir)
    }

    private mutating func install() throws(UsageError) -> EntrypointCommand {
        guard let folder = rest.popFirst() else { throw UsageError(message: "install into which folder?") }
        if folder.isHelp { return .help(.install) }
        guard rest.isEmpty, folder.utf8.first != UInt8(ascii: "-") else {
            throw UsageError(message: "install takes one folder and nothing else")
        }
        return .install(folder: folder)
    }

    private func workdir() -> String {
        environment(EnvironmentName.workdir) ?? WorkdirPath.defaultRoot
    }

    /// The value of an option: after `=`, or the next word.
    private mutating func value(of option: String) throws(UsageError) -> String {
        let bytes = option.utf8
        let value: String
        if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
            value = String(decoding: bytes[bytes.index(after: equals)...], as: UTF8.self)
        } else {
            guard let next = rest.popFirst() else { throw UsageError(message: "\(option) needs a value") }
            value = next
        }
        guard !value.utf8.isEmpty else { throw UsageError(message: "\(option) needs a value") }
        return value
    }
}

/// The variables that stand in for options; an option wins.
package enum EnvironmentName {
    package static let workdir = "KPIPE_WORKDIR"
    package static let noOutputTimeout = "KPIPE_NO_OUTPUT_TIMEOUT"
    package static let timestamps = "KPIPE_TIMESTAMPS"
    package static let awaitOutputs = "KPIPE_AWAIT_OUTPUTS"
}

extension RunOptions {
    /// What the variables say; an empty one says nothing.
    init(workdir: String, environment: (String) -> String?) throws(UsageError) {
        self.workdir = workdir
        if let text = environment(EnvironmentName.noOutputTimeout) {
            noOutputTimeout = try CommandLineParser.timeout(text, of: EnvironmentName.noOutputTimeout)
        }
        if let text = environment(EnvironmentName.timestamps) {
            timestamps = try CommandLineParser.timestamps(text, of: EnvironmentName.timestamps)
        }
        if let text = environment(EnvironmentName.awaitOutputs) {
            awaitsOutputs = try CommandLineParser.truth(text, of: EnvironmentName.awaitOutputs)
        }
    }
}

extension CommandLineParser {
    /// nil for 0: no limit.
    static func timeout(_ text: String, of name: String) throws(UsageError) -> Int64? {
        guard let duration = DurationText.milliseconds(text, bareNumbersCount: 1000) else {
            throw UsageError(message: "\(name): '\(text)' is not a duration; try 30m, 90s, 1h30m or 0 for none")
        }
        // Any clock's reading can be added to it.
        return duration == 0 ? nil : min(duration, .max / 2)
    }

    static func timestamps(_ text: String, of name: String) throws(UsageError) -> TimestampFormat {
        guard let format = TimestampFormat(parsing: text) else {
            throw UsageError(
                message: "\(name): '\(text)' is neither iso nor elapsed nor a format such as '%F %T.%L' "
                    + "(conversions: %\(TimestampFormat.conversions))")
        }
        return format
    }

    static func truth(_ text: String, of name: String) throws(UsageError) -> Bool {
        if ["true", "1", "yes"].contains(where: { text.isWord($0) }) { return true }
        if ["false", "0", "no"].contains(where: { text.isWord($0) }) { return false }
        throw UsageError(message: "\(name): '\(text)' is neither true nor false")
    }
}

extension String {
    func isWord(_ word: String) -> Bool {
        isIdentical(to: word.utf8)
    }

    /// `--name` or `--name=…`
    func isOption(_ name: String) -> Bool {
        let option = utf8.prefix { $0 != UInt8(ascii: "=") }
        return option.starts(with: "--".utf8) && option.dropFirst(2).elementsEqual(name.utf8)
    }

    var isHelp: Bool { isWord("--help") || isWord("-h") }
}
