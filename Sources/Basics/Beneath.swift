internal import CLinux
package import Glibc

/// System calls below an open folder that no link and no `..` leads out of, however others change the folder meanwhile.
/// What they return on failure leaves errno as it was set.
package enum Beneath {
    /// As openat(2) with O_CLOEXEC. No link is followed, the one at the end included; an absolute path and one that
    /// climbs out fail with EXDEV, a link in the way with ELOOP.
    package static func open(_ folder: Int32, _ path: String, _ flags: Int32, mode: UInt32 = 0) -> Int32 {
        let confined = UInt64(RESOLVE_BENEATH) | UInt64(RESOLVE_NO_SYMLINKS) | UInt64(RESOLVE_NO_MAGICLINKS)
        let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        // O_PATH with O_NOFOLLOW looks at a link itself, which RESOLVE_NO_SYMLINKS allows at the end of a path.
        let file = Descriptor.uninterrupted { clinux_openat2(folder, path, all, UInt64(mode), confined) }
        guard file < 0 else { return file }
        switch errno {
        // An old kernel; a sandbox that does not know the call; a race that the kernel could not judge.
        case ENOSYS, EPERM, EAGAIN: return walk(from: folder, path, flags, mode: mode)
        default: return file
        }
    }

    /// What openat2 does, by hand. Between two components nobody can slip in a link, because none is ever followed.
    package static func walk(from folder: Int32, _ path: String, _ flags: Int32, mode: UInt32 = 0) -> Int32 {
        let slash = UInt8(ascii: "/")
        let components = path.utf8.split(separator: slash).map { String(Substring($0)) }.filter { $0 != "." }
        guard path.utf8.first != slash, !components.contains("..") else {
            errno = EXDEV
            return -1
        }
        var current = folder
        defer { if current != folder { close(current) } }
        for component in components.dropLast() {
            let next = openat(current, component, pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 {
                // A link is no folder to O_DIRECTORY; say what openat2 says.
                if errno == ENOTDIR, isLink(current, component) { errno = ELOOP }
                return -1
            }
            if current != folder { close(current) }
            current = next
        }
        let last = components.last ?? "."
        let file = openat(current, last, flags | O_NOFOLLOW | O_CLOEXEC, mode)
        if file < 0, errno == ENOTDIR, isLink(current, last) { errno = ELOOP }
        return file
    }

    private static func isLink(_ folder: Int32, _ name: String) -> Bool {
        let before = errno
        var status = stat()
        defer { errno = before }
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Names a place without opening what stands there.
    package static let pathOnly = Int32(CLINUX_O_PATH)

    /// Where the link at `path` leads, as it says itself; `nil` where no link stands there, or its words are no UTF-8.
    package static func target(ofLink path: String, in folder: Int32) -> String? {
        let link = open(folder, path, pathOnly | O_NOFOLLOW)
        guard link >= 0 else { return nil }
        defer { close(link) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlinkat(link, "", start, buffer.count)
            guard count > 0, count < buffer.count else { return nil }
            return String(validating: buffer[..<count].lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// What stands directly in the folder, in byte order; `nil` on failure.
    package static func names(in folder: Int32) -> [EntryName]? { nameList(in: folder).map(Array.init) }

    /// The same in some bytes a name: a folder may hold hundreds of thousands.
    package static func nameList(in folder: Int32) -> NameList? {
        // A description of its own, so that reading leaves no position behind.
        let listed = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listed >= 0 else { return nil }
        guard let stream = fdopendir(listed) else {
            close(listed)
            return nil
        }
        defer { closedir(stream) }
        var names = NameList()
        while let entry = readdir(stream) { names.add(entry) }
        names.sort()
        return names
    }
}

extension Beneath {
    /// Names of temporary files and folders start so, and nothing else may be called so.
    package static let temporaryPrefix = ".kpipe-"
    /// Whoever may write there can fill a folder as fast as it is emptied.
    private static let triesToEmpty = 8

    /// Removes what stands directly in `folder`, with all it holds; nothing there is fine. Follows nothing.
    ///
    /// A deep tree costs no more descriptors or stack than a flat one: what is found in a folder is moved up beside it
    /// before it is emptied itself.
    package static func remove(_ name: EntryName, from folder: Int32) -> Bool {
        var pending = [(name: name.bytes, tries: 0)]
        while let (name, tries) = pending.popLast() {
            if unlinkat(folder, name, 0) == 0 || errno == ENOENT { continue }
            guard errno == EISDIR || errno == EPERM else { return false }
            if unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT { continue }
            guard errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR, tries < triesToEmpty else { return false }
            pending.append((name, tries + 1))
            guard let inner = empty(name, in: folder) else { return false }
            pending += inner.map { ($0, 0) }
        }
        return true
    }

    /// The folders that were in it, by their new names beside it; `nil` on failure.
    private static func empty(_ name: [CChar], in folder: Int32) -> [[CChar]]? {
        let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard inner >= 0 else { return [ENOENT, ENOTDIR, ELOOP].contains(errno) ? [] : nil }
        defer { close(inner) }
        guard let entries = names(in: inner) else { return nil }
        var moved: [[CChar]] = []
        for entry in entries where unlinkat(inner, entry.bytes, 0) != 0 && errno != ENOENT {
            guard errno == EISDIR || errno == EPERM else { return nil }
            if unlinkat(inner, entry.bytes, AT_REMOVEDIR) == 0 || errno == ENOENT { continue }
            let fresh = Array("\(temporaryPrefix)gone-\(String(UInt64.random(in: 0 ... .max), radix: 36))".utf8CString)
            guard renameat(inner, entry.bytes, folder, fresh) == 0 || errno == ENOENT else { return nil }
            moved.append(fresh)
        }
        return moved
    }
}

/// A name as a folder gives it, which need not be text.
package struct EntryName: Sendable, Equatable {
    /// Ends in NUL.
    package let bytes: [CChar]

    package init(_ entry: UnsafeMutablePointer<dirent>) {
        bytes = withUnsafePointer(to: &entry.pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
                Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
            }
        }
    }

    package init(_ text: String) { bytes = Array(text.utf8CString) }

    /// They end in NUL.
    package init(bytes: [CChar]) { self.bytes = bytes }

    /// `nil` where it is not UTF-8.
    package var text: String? {
        String(validating: bytes.dropLast().lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// For messages: bytes that are no ASCII as `\xNN`.
    package var escaped: String {
        bytes.dropLast().map { byte in
            let byte = UInt8(bitPattern: byte)
            return (0x20..<0x7F).contains(byte)
                ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// Names one behind the other, in byte order.
package struct NameList: Sendable, RandomAccessCollection {
    /// Each ends in NUL.
    private var bytes: [CChar] = []
    private var starts: [UInt32] = []

    package var startIndex: Int { 0 }
    package var endIndex: Int { starts.count }
    package subscript(index: Int) -> EntryName { EntryName(bytes: Array(name(Int(starts[index])))) }

    /// All but `.` and `..`.
    fileprivate mutating func add(_ entry: UnsafeMutablePointer<dirent>) {
        withUnsafePointer(to: &entry.pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { name in
                guard strcmp(name, ".") != 0, strcmp(name, "..") != 0 else { return }
                starts.append(UInt32(bytes.count))
                bytes.append(contentsOf: UnsafeBufferPointer(start: name, count: strlen(name) + 1))
            }
        }
    }

    fileprivate mutating func sort() {
        bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            // As unsigned bytes, as strcmp has it.
            starts.sort { strcmp(base + Int($0), base + Int($1)) < 0 }
        }
    }

    private func name(_ start: Int) -> ArraySlice<CChar> {
        bytes[start...(bytes[start...].firstIndex(of: 0) ?? start)]
    }
}
