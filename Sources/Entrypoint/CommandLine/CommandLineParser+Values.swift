import Basics
import WorkdirProtocol

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
        guard let duration = DurationText.parse(text) else {
            throw UsageError(message: "\(name): '\(text)' is not a duration; try 30m, 90s, 1h30m or 0 for none")
        }
        return duration == 0 ? nil : duration
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
