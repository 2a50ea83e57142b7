import Basics
import Glibc
import WorkdirProtocol

/// Which files a command line names, and their bytes.
enum ManifestFiles {
    private static let extensions = [".yaml", ".yml", ".json"]

    /// Folders are walked in the order of names; links to folders and hidden entries are not followed.
    static func list(_ names: [String], recursive: Bool) throws -> [String] {
        var paths: [String] = []
        for name in names {
            guard name != "-", FileTest.isFolder(name) else {
                paths.append(name)
                continue
            }
            guard recursive else { throw CommandFailure(.usage, "\(name) is a folder; -R takes the files below it") }
            try walk(name.count > 1 && name.hasSuffix("/") ? String(name.dropLast()) : name, &paths)
        }
        return paths
    }

    private static func walk(_ folder: String, _ paths: inout [String]) throws {
        var entries: UnsafeMutablePointer<UnsafeMutablePointer<dirent>?>?
        let count = scandir(folder, &entries, nil, nil)
        guard count >= 0, let entries else {
            throw CommandFailure(.noInput, "cannot read the folder \(folder): \(String(cString: strerror(errno)))")
        }
        var names: [String] = []
        for index in 0..<Int(count) {
            guard let entry = entries[index] else { continue }
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
            free(entry)
        }
        free(entries)
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                try walk(path, &paths)
            } else if extensions.contains(where: name.hasSuffix) {
                paths.append(path)
            }
        }
    }

    /// At most `limit` bytes and one more, so that too much is noticed and never kept.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], SystemFailure> {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(SystemFailure(number: errno)) }
        defer { close(descriptor) }
        guard let bytes = [UInt8](readingAllOf: descriptor, limit: limit + 1) else {
            return .failure(SystemFailure(number: errno))
        }
        return .success(bytes)
    }

    struct SystemFailure: Error, CustomStringConvertible {
        let number: Int32
        var description: String { String(cString: strerror(number)) }
    }

    /// Puts `bytes` in the place of the file behind `path`, whole or not at all; its permissions stay.
    static func replace(_ path: String, by bytes: [UInt8]) throws(SystemFailure) {
        guard let resolved = realpath(path, nil) else { throw SystemFailure(number: errno) }
        let target = String(cString: resolved)
        free(resolved)
        var status = stat()
        guard stat(target, &status) == 0 else { throw SystemFailure(number: errno) }
        var template = Array("\(target).kpipe-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw SystemFailure(number: errno) }
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var failure: Int32 = 0
        if !writeAll(bytes, to: descriptor) || fchmod(descriptor, status.st_mode & 0o7777) != 0
            || fsync(descriptor) != 0
        {
            failure = errno
        }
        // Another's file stays theirs where we may give it away; where not, the content counts.
        _ = fchown(descriptor, status.st_uid, status.st_gid)
        close(descriptor)
        if failure == 0, rename(temporary, target) != 0 { failure = errno }
        guard failure == 0 else {
            unlink(temporary)
            throw SystemFailure(number: failure)
        }
    }

    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { Descriptor.write($0, to: descriptor) }
    }
}
