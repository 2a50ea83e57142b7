internal import Basics

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
    private let keysAreURLs: Bool
    private let filter: NameFilter?

    /// `lists`: whether the store can; one that cannot takes every key as it stands.
    init(key: String, to: String, lists: Bool, keysAreURLs: Bool = false, filter: NameFilter? = nil)
        throws(TransferError)
    {
        self.filter = filter
        self.to = to
        self.keysAreURLs = keysAreURLs
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

    /// What keys begin with that are listed.
    var prefix: String { if case .listing(let prefix) = source { prefix } else { "" } }

    /// Whether something below the folder of this name may be meant.
    func reaches(into folder: String) -> Bool { glob?.reaches(into: folder) ?? true }

    /// The path below the folder of inputs for an object that the listing gave; `nil` if the pattern does not mean it.
    func destination(of key: String) -> String? {
        if let glob, !glob.matches(key) { return nil }
        guard case .listing = source else {
            return to.isEmpty || to.hasSuffix("/") ? to + Self.lastSegment(key, isURL: keysAreURLs) : to
        }
        guard key.utf8.starts(with: base.utf8) else { return nil }
        let rest = String(decoding: key.utf8.dropFirst(base.utf8.count), as: UTF8.self)
        if filter?.admits(rest) == false { return nil }
        return to.isEmpty || to.hasSuffix("/") ? to + rest : "\(to)/\(rest)"
    }

    /// What stands behind a key's last `/`; of a URL the path's, decoded where a file can be called so.
    static func lastSegment(_ key: String, isURL: Bool) -> String {
        let path = isURL ? key.prefix { $0 != "?" } : key[...]
        let start = path.utf8.lastIndex(of: slash).map(path.utf8.index(after:)) ?? path.startIndex
        guard isURL, let name = PercentEncoding.decode(path[start...]), !name.utf8.contains(slash),
            !name.utf8.contains(0)
        else { return String(path[start...]) }
        return name
    }
}

/// One entry of `inputs`: what to fetch and where it belongs.
package struct InputRequest: Sendable, Equatable {
    /// An object, a `prefix/`, or a glob (see `Glob`), placeholders already filled in.
    var from: String
    /// Path below the folder of inputs. One object: the file's path, or the folder for it if this ends in `/` or is
    /// empty. Prefix or glob: the folder. An archive to unpack: the folder it becomes.
    var to: String
    /// Of the object as stored (an archive's own digest, not its content's); for single objects only.
    var sha256: [UInt8]?
    var unpack: Unpack
    /// A missing object, or a prefix or pattern that names nothing, is no failure.
    var optional: Bool
    /// Of a prefix or pattern.
    package var badNames = BadNames.fail
    /// Of a prefix or pattern; `nil`: all that it names.
    package var filter: NameFilter?
    package var settings = StoreSettings()

    package enum Unpack: String, Sendable, CaseIterable {
        case never
        /// tar, tar.gz, tar.zst, tar.xz, tar.bz2 and zip, told by content and not by name.
        case auto
    }

    package init(from: String, to: String, sha256: [UInt8]? = nil, unpack: Unpack = .never, optional: Bool = false) {
        self.from = from
        self.to = to
        self.sha256 = sha256
        self.unpack = unpack
        self.optional = optional
    }
}
