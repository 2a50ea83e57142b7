import CLinux
import Glibc

/// A folder outside of which nothing is opened, made, renamed or removed, whatever the names and links below it say.
///
/// Every path is relative and is resolved by the kernel with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS` (openat2), or,
/// where a kernel or sandbox lacks that call, component by component with `O_NOFOLLOW`.
final class ConfinedFolder: Sendable {
    /// For messages.
    let path: String
    private let descriptor: Int32
    /// Folders that did not exist before, the highest first.
    private let made: [String]

    /// Names of temporary files start so, and no object may have such a name.
    static let temporaryPrefix = ".kpipe-"

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
        let file = Self.open(beneath: descriptor, relative, flags | O_CLOEXEC, mode)
        guard file >= 0 else { throw .system("open the file", display(relative)) }
        return file
    }

    /// As `openFile`, but follows links that stay within this folder.
    func openSource(_ relative: String, _ flags: Int32) throws(TransferError) -> Int32 {
        let beneath = UInt64(RESOLVE_BENEATH) | UInt64(RESOLVE_NO_MAGICLINKS)
        let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        let file = clinux_openat2(descriptor, relative, all, 0, beneath)
        if file >= 0 { return file }
        // Without openat2 nothing can say where a link leads: none is followed then.
        if errno == ENOSYS || errno == EPERM { return try openFile(relative, flags) }
        throw .system("open the file", display(relative))
    }

    /// `nil` when nothing stands there. Does not follow a link at the end.
    func status(_ relative: String) throws(TransferError) -> stat? {
        let file = Self.open(beneath: descriptor, relative, pathOnly | O_NOFOLLOW | O_CLOEXEC, 0)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system("look at", display(relative))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system("look at", display(relative)) }
        return status
    }

    /// Makes `relative` and the folders above it where they are missing.
    func makeFolder(_ relative: some StringProtocol) throws(TransferError) {
        if relative.isEmpty { return }
        let existing = Self.open(beneath: descriptor, String(relative), pathOnly | O_DIRECTORY | O_CLOEXEC, 0)
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
        let folder = Self.open(
            beneath: descriptor, relative.isEmpty ? "." : relative, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard folder >= 0 else { throw .system("open the folder", display(relative)) }
        defer { close(folder) }
        guard fsync(folder) == 0 || errno == EINVAL else { throw .system("synchronize the folder", display(relative)) }
    }

    /// Removes temporary files that a killed process has left directly in this folder.
    func removeTemporaries() throws(TransferError) {
        for name in try names() {
            guard let text = name.text, text.begins(with: Self.temporaryPrefix) else { continue }
            if unlinkat(descriptor, text, 0) != 0, errno == EISDIR { try removeTree(text) }
        }
    }

    /// Removes a folder and all below it, following nothing.
    func removeTree(_ relative: String) throws(TransferError) {
        try ConfinedFolder(reopening: self, relative).removeContents()
        let (above, last) = Self.split(relative)
        let removed = try inside(above) { (parent) throws(TransferError) in
            unlinkat(parent, last, AT_REMOVEDIR) == 0
        }
        guard removed else { throw .system("remove the folder", display(relative)) }
    }

    private func removeContents() throws(TransferError) {
        for name in try names() where unlinkat(descriptor, name.bytes, 0) != 0 {
            guard errno == EISDIR else { throw .system("remove", display(name.escaped)) }
            try ConfinedFolder(inside: self, name).removeContents()
            guard unlinkat(descriptor, name.bytes, AT_REMOVEDIR) == 0 else {
                throw .system("remove the folder", display(name.escaped))
            }
        }
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
    func names() throws(TransferError) -> [EntryName] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw .system("list the folder", path) }
        defer { closedir(stream) }
        var names: [EntryName] = []
        while let entry = readdir(stream) {
            let name = EntryName(entry)
            if name.text != ".", name.text != ".." { names.append(name) }
        }
        return names.sorted { $0.precedes($1) }
    }
}

// MARK: - Resolution

extension ConfinedFolder {
    /// Calls `body` with a descriptor of the folder `relative` ("" is this folder itself).
    func inside<Result>(_ relative: String, _ body: (Int32) throws(TransferError) -> Result) throws(TransferError)
        -> Result
    {
        if relative.isEmpty { return try body(descriptor) }
        let folder = Self.open(beneath: descriptor, relative, pathOnly | O_DIRECTORY | O_CLOEXEC, 0)
        guard folder >= 0 else { throw .system("open the folder", display(relative)) }
        defer { close(folder) }
        return try body(folder)
    }

    static func split(_ relative: String) -> (above: String, name: String) {
        guard let slash = relative.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", relative) }
        return (String(relative[..<slash]), String(relative[relative.utf8.index(after: slash)...]))
    }

    private static func open(beneath folder: Int32, _ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        let confined = UInt64(RESOLVE_BENEATH) | UInt64(RESOLVE_NO_SYMLINKS) | UInt64(RESOLVE_NO_MAGICLINKS)
        // O_PATH with O_NOFOLLOW looks at a link itself, which RESOLVE_NO_SYMLINKS allows at the end of a path.
        let file = clinux_openat2(folder, path, UInt64(UInt32(bitPattern: flags)), UInt64(mode), confined)
        // ENOSYS: an old kernel; EPERM: a sandbox that does not know the call.
        if file < 0, errno == ENOSYS || errno == EPERM { return walk(from: folder, path, flags, mode) }
        return file
    }

    /// What openat2 does, by hand. Between two components nobody can slip in a link, because none is ever followed.
    static func walk(from folder: Int32, _ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        guard path.utf8.first != slash else {
            errno = EXDEV
            return -1
        }
        let components = path.segments()
        var current = folder
        defer { if current != folder { close(current) } }
        for component in components.dropLast() {
            guard component != ".." else {
                errno = EXDEV
                return -1
            }
            let next = openat(current, String(component), pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 {
                // A link is no folder to O_DIRECTORY; say what openat2 says.
                if errno == ENOTDIR, isLink(current, String(component)) { errno = ELOOP }
                return -1
            }
            if current != folder { close(current) }
            current = next
        }
        guard let last = components.last, last != ".." else {
            errno = EXDEV
            return -1
        }
        return openat(current, String(last), flags | O_NOFOLLOW, mode)
    }

    private static func isLink(_ folder: Int32, _ name: String) -> Bool {
        var status = stat()
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
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

/// Names a place without opening what stands there.
private let pathOnly = Int32(CLINUX_O_PATH)
