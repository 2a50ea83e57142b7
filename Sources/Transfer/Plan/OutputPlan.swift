/// Which files one output means, and the key of each. The mirror of `InputPlan`.
struct OutputPlan: Sendable {
    private let glob: Glob
    private let base: String
    private let key: String
    private let keepsPaths: Bool
    private let filter: NameFilter?
    private let inKey: @Sendable (String) -> String

    /// `key`: of the resolved target URL; `inKey`: how its store has a file's path in a key.
    init(
        from: String, key: String, filter: NameFilter? = nil, keysAreURLs: Bool = false,
        inKey: @escaping @Sendable (String) -> String = { $0 }
    ) throws(TransferError) {
        self.filter = filter
        self.inKey = inKey
        // A folder means everything in it.
        let pattern = from.isEmpty || from.hasSuffix("/") ? from + "**" : from
        glob = try Glob(pattern)
        let isPattern = Glob.isPattern(pattern)
        base = glob.fixedFolder
        if keysAreURLs, key.contains("?") {
            guard !isPattern else { throw Self.oneObjectsURL(from) }
            (keepsPaths, self.key) = (false, key)
            return
        }
        keepsPaths = isPattern || key.isEmpty || key.hasSuffix("/")
        self.key = !isPattern || key.isEmpty || key.hasSuffix("/") ? key : key + "/"
    }

    private static func oneObjectsURL(_ from: String) -> TransferError {
        TransferError(
            from, .configuration, "names many files, and a URL with a query is that of one object",
            hint: "name one file, pack them into one, or use the store's own scheme")
    }

    /// Whether a folder may hold what is meant.
    func reaches(into folder: String) -> Bool { glob.reaches(into: folder) }

    /// Whether a file at `path` stands in the place of the folder below which the output's files are: `**` matches nothing, too.
    func isFolderItself(_ path: String) -> Bool { path.utf8.count < base.utf8.count }

    /// The key for a file at `path`, or `nil` if it is not meant.
    func key(of path: String) -> String? {
        guard glob.matches(path) else { return nil }
        let name = String(decoding: path.utf8.dropFirst(base.utf8.count), as: UTF8.self)
        guard filter?.admits(name) != false else { return nil }
        return keepsPaths ? key + inKey(name) : key
    }
}

/// One entry of `outputs`, when its time has come (`when` and `during` are the caller's affair).
package struct OutputRequest: Sendable, Equatable {
    /// A path or glob (see `Glob`) below the folder of outputs.
    package var from: String
    /// A URL. If it ends in `/` or `from` is a glob, each file keeps its path below the pattern's fixed folder; else it
    /// is the one object's own name.
    package var to: String
    /// Higher goes first.
    var priority: Int
    /// Whether all that `from` names becomes one object, which then is called `to`.
    package var pack = PackFormat.none
    /// Of all that `from` names; `nil`: all.
    package var filter: NameFilter?
    package var settings = StoreSettings()
    /// URLs that no file may become: somebody else writes there, whom a reader believes.
    package var reserved: [String] = []

    /// That nothing matches is no failure.
    var optional: Bool

    package init(from: String, to: String, priority: Int = 0, optional: Bool = true) {
        self.from = from
        self.to = to
        self.priority = priority
        self.optional = optional
    }

    /// Whether `from` may name many files: a folder means everything in it.
    package static func namesMany(_ from: String) -> Bool {
        from.isEmpty || from.hasSuffix("/") || Glob.isPattern(from)
    }

    /// Whether a file must match: `*` and `**` mean what there is, which may be nothing.
    var isRequired: Bool { !optional && !["", "*", "**"].contains(from) }
}
