/// What one input stands for: which objects, and where each belongs. Pure: knows no store and no file.
///
/// | `from` | `to` | object | becomes |
/// | --- | --- | --- | --- |
/// | `a/b.txt` | `""` or `x/` | `a/b.txt` | `b.txt`, `x/b.txt` |
/// | `a/b.txt` | `x` | `a/b.txt` | `x` |
/// | `a/` | `x` or `x/` | `a/c/d.txt` | `x/c/d.txt` |
/// | `a/c*/*.txt` | `x` or `x/` | `a/c1/d.txt` | `x/c1/d.txt` |
struct InputPlan: Sendable {
    enum Source: Sendable, Equatable {
        case object(String)
        case listing(prefix: String)
    }

    let source: Source
    private let glob: Glob?
    private let base: String
    private let to: String

    /// `lists`: whether the store can; one that cannot takes every key as it stands.
    init(key: String, to: String, lists: Bool) throws(TransferError) {
        self.to = to
        if lists, Glob.isPattern(key) {
            let glob = try Glob(key)
            self.glob = glob
            base = glob.fixedFolder
            source = .listing(prefix: glob.fixedPrefix)
        } else if lists, key.isEmpty || key.hasSuffix("/") {
            glob = nil
            base = Glob.unescape(key)
            source = .listing(prefix: base)
        } else {
            glob = nil
            base = ""
            source = .object(lists ? Glob.unescape(key) : key)
        }
    }

    /// The path below the folder of inputs for an object that the listing gave; `nil` if the pattern does not mean it.
    func destination(of key: String) -> String? {
        if let glob, !glob.matches(key) { return nil }
        guard case .listing = source else {
            return to.isEmpty || to.hasSuffix("/") ? to + Self.lastSegment(key) : to
        }
        guard key.utf8.starts(with: base.utf8) else { return nil }
        let rest = String(decoding: key.utf8.dropFirst(base.utf8.count), as: UTF8.self)
        return to.isEmpty || to.hasSuffix("/") ? to + rest : "\(to)/\(rest)"
    }

    /// The last segment of a key; of a URL's path without its query.
    static func lastSegment(_ key: String) -> String {
        let path = key.prefix { $0 != "?" && $0 != "#" }
        return String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }
}
