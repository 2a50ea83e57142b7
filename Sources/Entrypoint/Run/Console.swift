import CLinux

/// Our own words to whoever started us.
enum Console {
    static let programName = "kpipe-entrypoint"

    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func complain(_ message: String) { write("\(programName): \(message)\n", to: STDERR_FILENO) }

    /// What cannot be said is left unsaid.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
