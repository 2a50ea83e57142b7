internal import Basics
internal import CLinux
internal import Glibc

/// Finds the regular files below a folder, and the folders, in byte order, following no link to a folder. A deep tree costs no more
/// descriptors or stack than a flat one.
struct OutputWalk {
    enum Finding: Equatable {
        case file(String)
        /// Before all that is in it.
        case folder(String)
        /// Left out on purpose, with the reason: not a file of this folder.
        case note(String, String)
        /// Meant to be stored and cannot be; the path may be one for people to read.
        case refused(String, TransferError)
        /// What a folder holds, or the rest of all, could not be looked at, whatever was meant by it.
        case unseen(TransferError)
    }

    /// What stands in one folder, and what of it is to be looked at next.
    private struct Frame {
        /// With a `/` at its end, but for the root's.
        var above: String
        var names: NameList
        var next = 0
    }

    private let folder: ConfinedFolder
    private let limits: OutputLimits
    private let isMeant: (String) -> Bool
    private let isEntered: (String) -> Bool
    private let isCancelled: () -> Bool
    private let found: (Finding) -> Void
    /// Folders that are being looked through, the innermost last.
    private var pending: [Frame] = []
    private var files = 0
    private var bytes: Int64 = 0

    /// Gives what is meant in the folder to `found`, and what stands beside it. Once a limit is passed nothing more is
    /// looked for, and that is said.
    ///
    /// - Parameters:
    ///   - isMeant: whether a path counts towards the limits.
    ///   - isEntered: whether a folder may hold what is meant: others are not looked into, however large.
    static func walk(
        _ folder: ConfinedFolder, limits: OutputLimits = .init(),
        meaning isMeant: @escaping (String) -> Bool = { _ in true },
        entering isEntered: @escaping (String) -> Bool = { _ in true },
        isCancelled: @escaping () -> Bool = { false }, found: (Finding) -> Void
    ) {
        withoutActuallyEscaping(found) { found in
            var walk = OutputWalk(
                folder: folder, limits: limits, isMeant: isMeant, isEntered: isEntered, isCancelled: isCancelled,
                found: found)
            walk.list("")
            while let path = walk.next() { walk.visit(path) }
        }
    }

    /// What stands at one path, where that is no folder.
    static func findings(at path: String, in folder: ConfinedFolder) -> [Finding] {
        var findings: [Finding] = []
        let take = { (finding: Finding) in findings.append(finding) }
        var walk = OutputWalk(
            folder: folder, limits: .init(), isMeant: { _ in true }, isEntered: { _ in true }, isCancelled: { false },
            found: take)
        walk.visit(path)
        return findings
    }

    private mutating func next() -> String? {
        while let last = pending.indices.last {
            let frame = pending[last]
            guard frame.next < frame.names.count else {
                pending.removeLast()
                continue
            }
            pending[last].next += 1
            if let name = frame.names[frame.next].text { return frame.above + name }
        }
        return nil
    }

    private mutating func list(_ path: String) {
        do throws(TransferError) {
            let here = path.isEmpty ? folder : try ConfinedFolder(reopening: folder, path)
            let names = try here.names()
            let above = path.isEmpty ? "" : path + "/"
            let depth = path.isEmpty ? 0 : path.utf8.count { $0 == slash } + 1
            guard depth <= limits.depth || names.isEmpty else {
                throw limit(folder.display(path), "lies more than \(limits.depth) folders deep", "limits.outputDepth")
            }
            for name in names where name.text == nil { try refuse(name, in: here, above, depth) }
            if !path.isEmpty { found(.folder(path)) }
            pending.append(Frame(above: above, names: names))
        } catch {
            found(.unseen(error))
        }
    }

    /// A file whose name is no text, or all that a folder of such a name holds: no store and no manifest can name it.
    private mutating func refuse(
        _ name: EntryName, in parent: ConfinedFolder, _ above: String, _ depth: Int
    ) throws(TransferError) {
        let path = above + name.escaped
        guard parent.isFolder(name) else {
            found(.refused(path, .unnameable(folder.display(path))))
            return
        }
        guard isEntered(path) else { return }
        guard depth < limits.depth else { throw .unnameable(folder.display(path)) }
        let inside = try ConfinedFolder(inside: parent, name)
        for inner in try inside.names() { try refuse(inner, in: inside, path + "/", depth + 1) }
    }

    private mutating func visit(_ path: String) {
        do throws(TransferError) {
            if isCancelled() { throw .cancelled(folder.path) }
            guard let status = try folder.status(path) else { return }
            let isReserved = ConfinedFolder.split(path).name.begins(with: ConfinedFolder.temporaryPrefix)
            // What is no file is looked at and told as well, so it counts as well.
            if status.st_mode & S_IFMT != S_IFDIR, isMeant(path) { try count(status) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR where !isEntered(path): break
            case S_IFDIR where isReserved: throw reservedName(path)
            case S_IFREG where isReserved, S_IFLNK where isReserved:
                found(.refused(path, reservedName(path)))
            case S_IFREG:
                found(.file(path))
            case S_IFDIR: list(path)
            case S_IFLNK: found(try finding(link: path))
            default: if let note = EntryKind(status.st_mode).note { found(.note(path, note)) }
            }
        } catch {
            found(.unseen(error))
            // The rest would say the same.
            if error.reason == .cancelled || files > limits.files || bytes > limits.bytes { pending = [] }
        }
    }

    private mutating func count(_ status: stat) throws(TransferError) {
        files += 1
        bytes = bytes.addingReportingOverflow(Int64(status.st_size)).partialValue
        if files > limits.files {
            throw limit(folder.path, "holds more than \(limits.files) files", "limits.outputFiles")
        }
        if bytes > limits.bytes || bytes < 0 {
            bytes = .max
            throw limit(folder.path, "holds more than \(limits.bytes) bytes", "limits.outputBytes")
        }
    }

    private func reservedName(_ path: String) -> TransferError {
        TransferError(
            folder.display(path), .local(errno: EINVAL),
            "names that begin with \(ConfinedFolder.temporaryPrefix) are reserved", hint: "give it another name")
    }

    private func limit(_ object: String, _ message: String, _ field: String) -> TransferError {
        TransferError(
            object, .local(errno: EFBIG), "\(message); the rest is not stored",
            hint: "raise \(field) if it is meant to be so")
    }

    private func finding(link path: String) throws(TransferError) -> Finding {
        let target: Int32
        do throws(TransferError) {
            target = try folder.openSource(path, O_RDONLY | O_NONBLOCK)
        } catch {
            return .note(
                path, "the symbolic link leads out of the folder, or nowhere, and is not followed; copy the file")
        }
        defer { close(target) }
        var status = stat()
        guard fstat(target, &status) == 0 else { throw .system("look at", folder.display(path)) }
        return EntryKind(status.st_mode).noteOfLink.map { .note(path, $0) } ?? .file(path)
    }
}

/// How much a folder of outputs may hold before something must be wrong.
package struct OutputLimits: Sendable, Equatable {
    /// The holes of sparse files included.
    var bytes: Int64
    var files: Int
    /// Folders within each other.
    var depth: Int

    package init(bytes: Int64 = 1 << 40, files: Int = 1_000_000, depth: Int = 64) {
        self.bytes = bytes
        self.files = files
        self.depth = depth
    }
}

/// What stands at a path, as its mode tells: a file, a folder, a link, or what a copy neither makes nor reads.
struct EntryKind: Equatable {
    private let format: mode_t

    init(_ mode: mode_t) { format = mode & S_IFMT }

    /// What it is where it is none of the three.
    var special: String? {
        switch format {
        case S_IFREG, S_IFDIR, S_IFLNK: nil
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    /// Why it is left out of what a folder holds; `nil` for a file, and for a folder, which is looked into.
    var note: String? { special.map { "\($0) is not stored" } }

    /// The same of a link that leads to it.
    var noteOfLink: String? {
        switch format {
        case S_IFREG: nil
        case S_IFDIR: "a link to a folder is not followed"
        default: "a link to something that is no file is not stored"
        }
    }
}
