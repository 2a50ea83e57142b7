import Transfer
import WorkdirProtocol

/// Files and folders that are passed over, by patterns as `.gitignore` has them: one without a slash names files at any
/// depth, one that ends with a slash folders alone, `!` takes back what an earlier one excludes.
struct ExcludePatterns {
    private struct Pattern {
        let base: String
        let glob: Glob
        let isFolder: Bool
        let isNegated: Bool
    }

    static let fileName = ".kpipeignore"
    private var patterns: [Pattern] = []

    /// - Parameter base: the folder that a pattern with a slash begins at; empty for where the command runs.
    mutating func add(_ line: String, base: String) throws {
        var words = line[...]
        while let last = words.last, last.isWhitespace { words.removeLast() }
        guard !words.isEmpty, words.first != "#" else { return }
        let isNegated = words.first == "!"
        if isNegated { words.removeFirst() }
        let isFolder = words.last == "/"
        if isFolder { words.removeLast() }
        let isAnchored = words.contains("/")
        if words.first == "/" { words.removeFirst() }
        do {
            let glob = try Glob(isAnchored ? String(words) : "**/\(words)")
            patterns.append(Pattern(base: base, glob: glob, isFolder: isFolder, isNegated: isNegated))
        } catch {
            throw CommandFailure(.usage, "the pattern \(line) cannot be used: \(error)")
        }
    }

    /// The last pattern that speaks of a path decides.
    func exclude(_ path: String, isFolder: Bool) -> Bool {
        let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return patterns.last { pattern in
            guard isFolder || !pattern.isFolder else { return false }
            let base = pattern.base == "." ? "" : pattern.base
            guard base.isEmpty || path.hasPrefix("\(base)/") else { return false }
            return pattern.glob.matches(base.isEmpty ? path : String(path.dropFirst(base.count + 1)))
        }.map { !$0.isNegated } ?? false
    }
}
