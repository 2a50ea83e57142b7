internal import Basics
internal import CLinux
internal import Glibc
internal import Synchronization

/// A folder outside of which nothing is opened, made, renamed or removed, whatever the names and links below it say.
///
/// Every path is relative and is resolved as `Beneath` does: no link is followed but by `openSource`, by name.
package final class ConfinedFolder: Sendable {
    /// For messages.
    let path: String
    let descriptor: Int32
    /// Folders that did not exist before, the highest first.
    private let made: [String]
    /// Which names are one here; asked when first needed.
    var folding: NameFolding {
        asked.withLock { asked in
            if let asked { return asked }
            let folding = NameFolding.probe(self)
            asked = folding
            return folding
        }
    }
    private let asked = Mutex<NameFolding?>(nil)

    /// Names of temporary files start so, and no object may have such a name.
    static let temporaryPrefix = Beneath.temporaryPrefix

    /// Takes over `descriptor`, an open folder; `path` is where it lies, for messages and for links that say so in full.
    package init(taking descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
        made = []
    }

    init(_ path: String, creating: Bool = false) throws(TransferError) {
        made = creating ? try Self.makeFolders(path) : []
        descriptor = Glibc.open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open the folder", path) }
        self.path = path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    deinit { close(descriptor) }

    func display(_ relative: String) -> String { "\(path)/\(relative)" }

    /// A descriptor of what `relative` names; the caller closes it.
    func openFile(_ relative: String, _ flags: Int32, mode: mode_t = 0) throws(TransferError) -> Int32 {
        let file = Beneath.open(descriptor, relative, flags, mode: mode)
        guard file >= 0 else { throw .system("open the file", display(relative)) }
        return file
    }

    /// As `openFile`, but follows links that stay within this folder: their names are read and put together here, and what
    /// comes of it is opened without following any, so that nobody can lead us elsewhere in between.
    func openSource(_ relative: String, _ flags: Int32) throws(TransferError) -> Int32 {
        let file = Beneath.open(descriptor, relative, flags)
        if file >= 0 { return file }
        let code = errno
        let error = TransferError.system("open the file", display(relative), code)
        guard code == ELOOP else { throw error }
        let target = LinkPath.resolve(relative, root: path) { Beneath.target(ofLink: $0, in: descriptor) }
        guard let target else { throw error }
        return try openFile(target, flags)
    }

    /// `nil` when nothing stands there. Does not follow a link at the end.
    func status(_ relative: String) throws(TransferError) -> stat? {
        let file = Beneath.open(descriptor, relative, Beneath.pathOnly | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system("look at", display(relative))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system("look at", display(relative)) }
        return status
    }

    /// What keeps a file from standing at `relative`: a folder of that name, or above it what is no folder.
    func obstacle(to relative: String) -> String? {
        let entry = Beneath.open(descriptor, relative, Beneath.pathOnly | O_NOFOLLOW)
        guard entry >= 0 else {
            guard errno == ENOTDIR || errno == ELOOP else { return nil }
            return relative.foldersAbove.map(String.init).first { !isFolder($0) }
        }
        defer { close(entry) }
        var status = stat()
        return fstat(entry, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR ? relative : nil
    }

    private func isFolder(_ relative: String) -> Bool {
        let folder = Beneath.open(descriptor, relative, Beneath.pathOnly | O_DIRECTORY)
        if folder >= 0 { close(folder) }
        return folder >= 0
    }

    /// Throws where a device, a pipe or a socket stands at `relative`, or a link to one, as `/dev/stdout` is: whoever uses it
    /// would find a file in its place.
    func checkReplaceable(_ relative: String) throws(TransferError) {
        guard let entry = try status(relative) else { return }
        // Only what it is: nothing is read, wherever the link leads.
        var target = stat()
        let leads = entry.st_mode & S_IFMT == S_IFLNK && fstatat(descriptor, relative, &target, 0) == 0
        guard let kind = EntryKind(leads ? target.st_mode : entry.st_mode).special else { return }
        throw TransferError(
            display(relative), .local(errno: EEXIST), "is \(kind), and no file takes its place",
            hint: "write to it with `-` and `>`")
    }

    /// Makes `relative` and the folders above it where they are missing.
    func makeFolder(_ relative: some StringProtocol) throws(TransferError) {
        if relative.isEmpty { return }
        let existing = Beneath.open(descriptor, String(relative), Beneath.pathOnly | O_DIRECTORY)
        if existing >= 0 {
            close(existing)
            return
        }
        guard errno == ENOENT else { throw .system("make the folder", display(String(relative))) }
        let (above, name) = Self.split(String(relative))
        try makeFolder(above)
        try inside(above) { (parent) throws(TransferError) in
            guard mkdirat(parent, name, 0o777) == 0 || errno == EEXIST else {
                throw .system("make the folder", self.display(String(relative)))
            }
        }
    }

    /// Moves `name`, which stands directly in this folder, to `relative`, replacing a file that stands there.
    func move(_ name: String, to relative: String) throws(TransferError) {
        let (above, last) = Self.split(relative)
        let moved = try inside(above) { (parent) throws(TransferError) in
            renameat(self.descriptor, name, parent, last) == 0
        }
        guard moved else { throw .system("move the finished file to its place", display(relative)) }
    }

    /// Moves the folder `name`, which stands directly in this one, to `relative`; a folder that stands there makes way
    /// and is removed.
    func replaceFolder(at relative: String, with name: String) throws(TransferError) {
        try makeFolder(Self.split(relative).above)
        do throws(TransferError) {
            try move(name, to: relative)
        } catch  where error.reason == .local(errno: ENOTEMPTY) || error.reason == .local(errno: EEXIST) {
            let aside = name + "-old"
            try inside(Self.split(relative).above) { (parent) throws(TransferError) in
                guard renameat(parent, Self.split(relative).name, self.descriptor, aside) == 0 else {
                    throw .system("move the old folder aside", self.display(relative))
                }
            }
            try move(name, to: relative)
            try removeTree(aside)
        }
    }

    /// Writes everything in this folder's file system to disk.
    func synchronizeFileSystem() throws(TransferError) {
        guard clinux_syncfs(descriptor) == 0 else { throw .system("synchronize the file system", path) }
    }

    /// Removes a file directly in this folder; one that is gone already is no failure.
    func remove(_ name: String) { unlinkat(descriptor, name, 0) }

    /// Writes the folder's own entries to disk, so that a rename in it survives a crash.
    func synchronize(_ relative: String) throws(TransferError) {
        let folder = Beneath.open(descriptor, relative.isEmpty ? "." : relative, O_RDONLY | O_DIRECTORY)
        guard folder >= 0 else { throw .system("open the folder", display(relative)) }
        defer { close(folder) }
        guard fsync(folder) == 0 || errno == EINVAL else { throw .system("synchronize the folder", display(relative)) }
    }

    /// Removes temporary files that a killed process has left directly in this folder.
    func removeTemporaries() throws(TransferError) {
        for name in try names() {
            guard let text = name.text, text.begins(with: Self.temporaryPrefix) else { continue }
            try removeTree(text)
        }
    }

    /// Removes a file, or a folder and all below it, following nothing.
    func removeTree(_ relative: String) throws(TransferError) {
        let (above, last) = Self.split(relative)
        let removed = try inside(above) { (parent) throws(TransferError) in
            Beneath.remove(EntryName(last), from: parent)
        }
        guard removed else { throw .system("remove", display(relative)) }
    }

    /// Takes back what `init` made, as far as nothing stands in it.
    func removeIfMadeInVain() {
        for path in made.reversed() where rmdir(path) != 0 { return }
    }

    /// A folder below this one as a folder of its own.
    init(reopening folder: ConfinedFolder, _ relative: String) throws(TransferError) {
        path = folder.display(relative)
        made = []
        descriptor = try folder.openFile(relative, O_RDONLY | O_DIRECTORY)
    }

    /// The same for one that stands directly in this folder, whatever its name.
    init(inside folder: ConfinedFolder, _ name: EntryName) throws(TransferError) {
        path = folder.display(name.escaped)
        made = []
        descriptor = openat(folder.descriptor, name.bytes, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("open the folder", path) }
    }

    /// Whether `name`, directly in this folder, is a folder itself and no link to one.
    func isFolder(_ name: EntryName) -> Bool {
        var status = stat()
        return fstatat(descriptor, name.bytes, &status, AT_SYMLINK_NOFOLLOW) == 0
            && status.st_mode & S_IFMT == S_IFDIR
    }

    /// What stands directly in this folder, in byte order.
    func names() throws(TransferError) -> NameList {
        guard let names = Beneath.nameList(in: descriptor) else { throw .system("list the folder", path) }
        return names
    }
}

// MARK: - Resolution

extension ConfinedFolder {
    /// Calls `body` with a descriptor of the folder `relative` ("" is this folder itself).
    func inside<Result>(_ relative: String, _ body: (Int32) throws(TransferError) -> Result) throws(TransferError)
        -> Result
    {
        if relative.isEmpty { return try body(descriptor) }
        let folder = Beneath.open(descriptor, relative, Beneath.pathOnly | O_DIRECTORY)
        guard folder >= 0 else { throw .system("open the folder", display(relative)) }
        defer { close(folder) }
        return try body(folder)
    }

    static func split(_ relative: String) -> (above: String, name: String) {
        guard let slash = relative.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", relative) }
        return (String(relative[..<slash]), String(relative[relative.utf8.index(after: slash)...]))
    }

    /// `mkdir -p` outside any confinement: the folder a person named. Returns what was missing, the highest first.
    private static func makeFolders(_ path: String) throws(TransferError) -> [String] {
        guard !path.isEmpty else { return [] }
        if mkdir(path, 0o777) == 0 { return [path] }
        if errno == EEXIST { return [] }
        let (above, _) = split(path.hasSuffix("/") ? String(path.dropLast()) : path)
        guard errno == ENOENT, !above.isEmpty else { throw .system("make the folder", path) }
        let made = try makeFolders(above)
        if mkdir(path, 0o777) == 0 { return made + [path] }
        guard errno == EEXIST else { throw .system("make the folder", path) }
        return made
    }
}

/// Where a path leads once its links are followed, by their words alone. Pure.
enum LinkPath {
    /// Links on one way, as the kernel has it.
    private static let limit = 40

    /// The path without links below the folder that lies at `root`; `nil` where it leads out of it, or in circles.
    ///
    /// - Parameter readLink: the words of the link at a path below the folder; `nil` where none stands there.
    static func resolve(_ path: String, root: String, readLink: (String) -> String?) -> String? {
        let root = root.segments().map(String.init)
        var rest = path.segments().reversed().map(String.init)
        var (done, links): ([String], Int) = ([], 0)
        while let step = rest.popLast() {
            if step == "." { continue }
            if step == ".." {
                guard done.popLast() != nil else { return nil }
                continue
            }
            guard let words = readLink((done + [step]).joined(separator: "/")) else {
                done.append(step)
                continue
            }
            links += 1
            var steps = words.segments().map(String.init)
            if words.utf8.first == slash {
                guard steps.count >= root.count, zip(root, steps).allSatisfy({ $0.isSame(as: $1) }) else { return nil }
                steps.removeFirst(root.count)
                done = []
            }
            guard links <= limit, !words.isEmpty else { return nil }
            rest += steps.reversed()
        }
        return done.isEmpty ? nil : done.joined(separator: "/")
    }
}
