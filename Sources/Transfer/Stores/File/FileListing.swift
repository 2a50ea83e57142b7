internal import Basics
internal import CLinux
internal import Glibc

/// Regular files under a path prefix, in byte order of their paths. Links to folders are not entered.
struct FileListing {
    /// Many, because each page walks the folders on its way anew.
    static let pageSize = 10_000

    private let prefix: String
    private let token: String?
    private let reaches: (String) -> Bool
    private var objects: [ObjectInfo] = []
    private var leftOut: [ObjectPage.LeftOut] = []

    /// Throws `.notFound` where the folder that the prefix names is missing.
    ///
    /// - Parameter reaches: whether what is meant may lie in a folder; others are not looked into, however large.
    static func page(
        prefix: String, after token: String?, entering reaches: @escaping (String) -> Bool = { _ in true }
    ) throws(TransferError) -> ObjectPage {
        var listing = FileListing(prefix: prefix, token: token, reaches: reaches)
        let folder = prefix.throughLastSlash ?? ""
        try listing.walk(folder)
        let full = listing.objects.count > pageSize
        let objects = Array(listing.objects.prefix(pageSize))
        var page = ObjectPage(objects: objects, next: full ? objects.last?.key : nil)
        // What lies behind the page's end is told with the next.
        page.leftOut = listing.leftOut.filter { entry in page.next.map { Self.precedes(entry.key, $0) } ?? true }
        return page
    }

    /// One more than a page is collected, to know whether another follows.
    private var isFull: Bool { objects.count > Self.pageSize }

    private mutating func walk(_ folder: String) throws(TransferError) {
        for entry in try entries(folder) where !isFull {
            let path = folder + entry
            if entry.hasSuffix("/") {
                guard path.begins(with: prefix) || prefix.begins(with: path) else { continue }
                // What sorts wholly before the token has been given.
                if let token, Self.precedes(path, token), !token.begins(with: path) { continue }
                guard reaches(String(path.dropLast())) else { continue }
                try walk(path)
            } else {
                guard path.begins(with: prefix) else { continue }
                if let token, !Self.precedes(token, path) { continue }
                take(path)
            }
        }
    }

    private mutating func take(_ path: String) {
        var (status, target) = (stat(), stat())
        // What is gone again is not there.
        guard lstat(path, &status) == 0 else { return }
        let isLink = status.st_mode & S_IFMT == S_IFLNK
        var note: String?
        if !isLink {
            note = EntryKind(status.st_mode).note
        } else if stat(path, &target) == 0 {
            (note, status) = (EntryKind(target.st_mode).noteOfLink, target)
        } else {
            note = "the symbolic link leads nowhere, and is not followed"
        }
        if let note { return leftOut.append(.init(key: path, why: note)) }
        objects.append(OpenFile.info(path, status))
    }

    /// Names in order, those of folders with a slash at their end.
    private func entries(_ folder: String) throws(TransferError) -> [String] {
        guard let stream = opendir(folder.isEmpty ? "." : folder) else { throw OpenFile.failure(folder, errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let entryName = EntryName(entry)
            guard let name = entryName.text else {
                guard (folder + entryName.escaped).begins(with: prefix) else { continue }
                throw .unnameable(folder + entryName.escaped)
            }
            guard name != ".", name != ".." else { continue }
            names.append(Self.isFolder(folder + name, entry.pointee.d_type) ? name + "/" : name)
        }
        return names.sorted { Self.precedes($0, $1) }
    }

    private static func isFolder(_ path: String, _ type: UInt8) -> Bool {
        guard type == UInt8(DT_UNKNOWN) else { return type == UInt8(DT_DIR) }
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
