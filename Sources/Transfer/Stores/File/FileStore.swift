internal import Basics
internal import CLinux
internal import Glibc

/// Files that an operator named, by path. Inputs in the workdir are not written through it but through the engine's
/// confined writer.
struct FileStore: ObjectStore {
    let traits = StoreTraits(ranges: true, lists: FileKind.lists, multipart: nil, checksum: nil)

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        let file = try OpenFile(key)
        return file.info
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        try FileListing.page(prefix: prefix, after: token)
    }

    func list(prefix: String, after token: String?, entering reaches: @Sendable (String) -> Bool)
        async throws(TransferError) -> ObjectPage
    {
        try withoutActuallyEscaping(reaches) { (reaches) throws(TransferError) in
            try FileListing.page(prefix: prefix, after: token, entering: reaches)
        }
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo {
        let file = try OpenFile(key)
        let info = file.info
        if let matching, let difference = matching.difference(from: info) {
            throw TransferError(key, .changed, "the file changed while it was read: \(difference)")
        }
        try await FileFeed(file: file, range: range ?? 0..<file.size, sink: sink).run()
        // A file has no snapshot: what was read is whole only if it is still the same.
        let after = try OpenFile(key).info
        guard after.size == info.size, after.etag == info.etag else {
            throw TransferError(key, .changed, "the file changed while it was read")
        }
        return info
    }

    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        try await FileDrain(path: key).run(content)
    }
}

/// A regular file, open for reading.
final class OpenFile: Sendable {
    let path: String
    let size: Int64
    let info: ObjectInfo
    private let descriptor: Int32

    init(_ path: String) throws(TransferError) {
        // Without O_NONBLOCK a named pipe would wait for its writer.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw TransferError(
                path, .configuration, isFolder ? "is a folder" : "is not a regular file",
                hint: isFolder ? "write \(path)/ for what it holds" : nil)
        }
        self.path = path
        size = Int64(status.st_size)
        info = Self.info(path, status)
    }

    deinit { close(descriptor) }

    /// Bytes read, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(TransferError) -> Int {
        let count = Descriptor.read(descriptor, into: buffer, at: offset)
        guard count >= 0 else { throw Self.failure(path, errno) }
        return count
    }

    /// What a file is as an object. Its tag changes whenever the content does, as far as the file system tells.
    static func info(_ path: String, _ status: stat) -> ObjectInfo {
        let modified = status.st_mtim
        return ObjectInfo(
            key: path, size: Int64(status.st_size),
            etag: "\"\(status.st_ino)-\(status.st_size)-\(modified.tv_sec).\(modified.tv_nsec)\"",
            // Of years with four digits: whoever owns a file may give it any time.
            lastModified: (0..<253_402_300_800).contains(modified.tv_sec)
                ? UnixTime(milliseconds: Int64(modified.tv_sec) * 1000).description : nil)
    }

    static func failure(_ path: String, _ code: Int32) -> TransferError {
        let reason: TransferError.Reason =
            switch code {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM, EROFS: .permission
            case ENOSPC, EDQUOT: .noSpace
            default: .local(errno: code)
            }
        return TransferError(path, reason, String(cString: strerror(code)))
    }
}

/// Local files, by `file://` URL or plain path.
struct FileKind: StoreKind {
    static var schemes: [String] { ["file"] }
    static var authority: String? { nil }

    static func parse(_ scheme: String, _ rest: Substring) throws(Location.Problem) -> Location {
        guard rest.hasPrefix("/") || rest.lowercased().hasPrefix("localhost/") else {
            throw Location.Problem("a file URL needs an absolute path", hint: "write file:///PATH")
        }
        let path = rest[(rest.firstIndex(of: "/") ?? rest.startIndex)...]
        guard let decoded = PercentEncoding.decode(path), !decoded.utf8.contains(0) else {
            throw Location.Problem("the path is not percent-encoded UTF-8", hint: "write % as %25")
        }
        return Location(self, key: decoded)
    }

    init() {}
    init(_ context: StoreContext) {}

    func store(at location: Location) -> any ObjectStore { FileStore() }
}

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
