internal import Basics
internal import CLinux
internal import Glibc

/// Unpacks one archive into a folder that nobody sees until all of it is there. Blocks.
struct Unpacker {
    private let folder: ConfinedFolder
    private let object: String
    private let isCancelled: @Sendable () -> Bool
    private var budget: ArchiveBudget
    private var names: Destinations
    /// What is put into a folder changes its time: times, and modes, are set when all is there.
    private var folders: [(path: String, entry: ArchiveEntry)] = []

    init(
        into folder: ConfinedFolder, object: String, size: Int64?, limits: ArchiveLimits, folding: NameFolding,
        isCancelled: @escaping @Sendable () -> Bool
    ) {
        self.folder = folder
        self.object = object
        self.isCancelled = isCancelled
        budget = ArchiveBudget(limits, size: size, object: object)
        names = Destinations(folding: folding)
    }

    /// `false` when the content is no archive that is read in this way.
    mutating func run(_ reader: ArchiveReader) throws(TransferError) -> Bool {
        var first: ArchiveEntry?
        do throws(TransferError) {
            first = try reader.next()
        } catch {
            guard reader.isRecognized else { return false }
            throw error
        }
        guard reader.isRecognized else { return false }
        var current = first
        while let entry = current {
            if isCancelled() { throw .cancelled(object) }
            try budget.addEntry()
            try place(entry, reader)
            current = try reader.next()
        }
        var budget = budget
        let (isCancelled, object) = (isCancelled, object)
        try reader.drain { (count) throws(TransferError) in
            if isCancelled() { throw .cancelled(object) }
            try budget.add(Int64(count))
        }
        for (path, entry) in folders { try finish(folder: path, entry) }
        return true
    }

    private func finish(folder path: String, _ entry: ArchiveEntry) throws(TransferError) {
        let (above, name) = ConfinedFolder.split(path)
        try make("set the mode of the folder", path, above) { parent in
            entry.set(times: { utimensat(parent, name, $0, AT_SYMLINK_NOFOLLOW) })
            return fchmodat(parent, name, entry.permissions & 0o777 | 0o700, 0)
        }
    }

    private mutating func place(_ entry: ArchiveEntry, _ reader: ArchiveReader) throws(TransferError) {
        let path = try ArchiveName.path(entry.path, in: object)
        if entry.kind == .folder {
            // The same folder may come more than once, before and after what is in it.
            if !path.isEmpty {
                try folder.makeFolder(path)
                folders.append((path, entry))
            }
            return try pass(reader)
        }
        guard !path.isEmpty else { throw refusal(entry, "stands for the folder itself") }
        if case .hardLink(let target) = entry.kind, try ArchiveName.path(target, in: object).isSame(as: path) {
            return try pass(reader)
        }
        // An entry that comes again replaces what it was, as tar's -u and -r mean it.
        try names.claim(path, for: "\(object): entry '\(entry.path)'", replacing: true)
        let (above, name) = ConfinedFolder.split(path)
        try folder.makeFolder(above)
        try make("replace the file", path, above) { unlinkat($0, name, 0) == 0 || errno == ENOENT ? 0 : -1 }
        switch entry.kind {
        case .folder: break
        case .file(let size): try write(entry, path, size, reader)
        case .symbolicLink(let target):
            try ArchiveName.check(link: target, at: path, in: object)
            try make("make the link", path, above) { symlinkat(target, $0, name) }
        case .hardLink(let target):
            let existing = try ArchiveName.path(target, in: object)
            guard let status = try folder.status(existing), status.st_mode & S_IFMT == S_IFREG else {
                throw refusal(entry, "is a link to '\(target)', which is no file before it")
            }
            let (otherAbove, otherName) = ConfinedFolder.split(existing)
            let folder = folder
            try folder.inside(otherAbove) { (other) throws(TransferError) in
                try folder.inside(above) { (parent) throws(TransferError) in
                    guard linkat(other, otherName, parent, name, 0) == 0 else {
                        throw .system("make the link", folder.display(path))
                    }
                }
            }
        case .special: throw refusal(entry, "is a device, pipe or socket")
        }
        try pass(reader)
    }

    /// What an entry holds beside what it should: unfolded all the same, and so counted.
    private mutating func pass(_ reader: ArchiveReader) throws(TransferError) {
        var budget = budget
        let (isCancelled, object) = (isCancelled, object)
        try reader.forEachPiece { (bytes, _) throws(TransferError) in
            if isCancelled() { throw .cancelled(object) }
            try budget.add(Int64(bytes.count))
        }
        self.budget = budget
    }

    private mutating func write(
        _ entry: ArchiveEntry, _ path: String, _ size: Int64?, _ reader: ArchiveReader
    ) throws(TransferError) {
        // Never set-user-id, set-group-id or sticky; always readable by its owner.
        let mode = entry.permissions & 0o777 | 0o600
        let file = try folder.openFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
        defer { close(file) }
        var length: Int64 = 0
        var budget = budget
        let (display, isCancelled, object) = (folder.display(path), isCancelled, object)
        // What a sparse file only claims counts too.
        if let size { try budget.add(size) }
        try reader.forEachPiece { (bytes, offset) throws(TransferError) in
            if isCancelled() { throw .cancelled(object) }
            let end = offset + Int64(bytes.count)
            if end > max(length, size ?? 0) { try budget.add(end - max(length, size ?? 0)) }
            length = max(length, end)
            guard Descriptor.write(bytes, to: file, at: offset) else { throw .system("unpack the file", display) }
        }
        self.budget = budget
        if let size, size > length, ftruncate(file, off_t(size)) != 0 { throw .system("unpack the file", display) }
        entry.set(times: { futimens(file, $0) })
    }

    private func make(_ what: String, _ path: String, _ above: String, _ call: (Int32) -> Int32) throws(TransferError) {
        let result = try folder.inside(above) { (parent) throws(TransferError) in call(parent) }
        guard result == 0 else { throw .system(what, folder.display(path)) }
    }

    private func refusal(_ entry: ArchiveEntry, _ why: String) -> TransferError {
        TransferError("\(object): entry '\(entry.path)'", .hostileName, "\(why); nothing was unpacked")
    }
}

extension ArchiveEntry {
    /// Both times, that of the last look too, where it has one.
    fileprivate func set(times: (UnsafePointer<timespec>) -> Int32) {
        guard let modified else { return }
        _ = [timespec](repeating: timespec(tv_sec: modified.seconds, tv_nsec: modified.nanoseconds), count: 2)
            .withUnsafeBufferPointer { $0.baseAddress.map(times) }
    }
}
