import Basics

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
