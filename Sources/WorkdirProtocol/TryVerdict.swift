import Basics

/// The agent's word on a try: its outputs are stored, or the step has failed. A line `<try> <exit code> <message>` and one
/// with the epoch, in the files `WorkdirPath.stored` and `WorkdirPath.failed`.
package struct TryVerdict: Sendable, Equatable {
    /// The try it is about, counted from 1.
    package var attempt: Int
    /// What the step is to exit with; 0 in `stored`.
    package var exitCode: Int32
    /// One line for people.
    package var message: String
    /// The life of the volume it belongs to; empty where nobody says.
    package var epoch: String

    /// The `attempt` of a verdict about every try: initialisation has failed, no try can succeed.
    package static let everyTry = 0

    package init(attempt: Int, exitCode: Int32, message: String, epoch: String = "") {
        self.attempt = attempt
        self.exitCode = exitCode
        self.message = message
        self.epoch = epoch
    }

    /// Reads what `text` wrote; nil when the first line is not a verdict.
    package init?(parsing bytes: some Sequence<UInt8>) {
        let lines = Array(bytes).split(separator: ASCII.newline, omittingEmptySubsequences: false)
        let words = lines[0].split(separator: ASCII.space, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, let attempt = Int(ascii: words[0]), attempt >= 0,
            let code = Int(ascii: words[1]), let exitCode = Int32(exactly: code)
        else { return nil }
        self.attempt = attempt
        self.exitCode = exitCode
        message = words.count > 2 ? String(decoding: words[2], as: UTF8.self) : ""
        epoch = lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : ""
    }

    /// The file's content. Line breaks of the message become spaces.
    package var text: String {
        "\(attempt) \(exitCode) \(KeyValueLines.flattened(message))\n" + (epoch.isEmpty ? "" : "\(epoch)\n")
    }

    /// Whether this verdict speaks about `attempt`.
    package func concerns(attempt: Int) -> Bool {
        self.attempt == attempt || self.attempt == Self.everyTry
    }
}
