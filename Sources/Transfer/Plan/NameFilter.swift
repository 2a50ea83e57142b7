/// Which of many names are meant: those that a pattern of `include` matches (all, where there is none) and no pattern of
/// `exclude`. Names are taken relative to the fixed part of a source; a pattern without a `/` matches the last segment.
package struct NameFilter: Sendable, Equatable {
    private let include: [Glob]
    private let exclude: [Glob]

    /// Throws `.configuration` for a pattern that cannot be read.
    package init(include: [String] = [], exclude: [String] = []) throws(TransferError) {
        self.include = try include.map { (pattern) throws(TransferError) in try Self.glob(pattern) }
        self.exclude = try exclude.map { (pattern) throws(TransferError) in try Self.glob(pattern) }
    }

    package func admits(_ name: String) -> Bool {
        (include.isEmpty || include.contains { $0.matches(name) }) && !exclude.contains { $0.matches(name) }
    }

    private static func glob(_ pattern: String) throws(TransferError) -> Glob {
        guard pattern.utf8.contains(slash) else { return try Glob("**/" + pattern) }
        return try Glob(pattern.hasSuffix("/") ? pattern + "**" : pattern)
    }

    /// What is wrong with a pattern in a configuration; `nil` for nothing.
    package static func problem(of pattern: String) -> String? {
        do throws(TransferError) {
            _ = try glob(pattern)
            return nil
        } catch {
            return error.message
        }
    }
}
