import Basics
import Conversion
import Glibc
import Render
import Transfer
import WorkdirProtocol

/// Which files a command line names, and their bytes.
enum ManifestFiles {
    private static let extensions = [".yaml", ".yml", ".json"]

    /// What a command line names, in its order.
    struct Listing {
        struct File {
            let path: String
            /// Found below a folder, not named itself.
            let isFound: Bool
            /// What the file is, under whatever name; of a found link, what it leads to.
            var identity: [UInt64] = []
            var isLink = false
        }

        var files: [File] = []
        /// Folders that cannot be read, and why.
        var problems: [String] = []
        var excluded = 0
    }

    /// Folders are walked in the order of names; links to folders and hidden entries are not followed, and what is no file
    /// is passed over. What is found as a file and by links to it counts once, as the file.
    static func list(_ names: [String], recursive: Bool, _ exclude: ExcludePatterns = .init()) throws -> Listing {
        var listing = Listing()
        for name in names {
            guard name != "-", FileTest.isFolder(name) else {
                if name != "-", exclude.exclude(name, isFolder: false) {
                    listing.excluded += 1
                } else {
                    listing.files.append(Listing.File(path: name, isFound: false))
                }
                continue
            }
            guard recursive else { throw CommandFailure(.usage, "\(name) is a folder; -R takes the files below it") }
            try walk(name.count > 1 && name.hasSuffix("/") ? String(name.dropLast()) : name, exclude, &listing)
        }
        var known = Set(listing.files.lazy.filter { !$0.isLink }.map(\.identity))
        listing.files.removeAll { $0.isLink && !$0.identity.isEmpty && !known.insert($0.identity).inserted }
        return listing
    }

    private static func walk(_ folder: String, _ exclude: ExcludePatterns, _ listing: inout Listing) throws {
        var entries: UnsafeMutablePointer<UnsafeMutablePointer<dirent>?>?
        let count = scandir(folder, &entries, nil, nil)
        guard count >= 0, let entries else {
            listing.problems.append("cannot read the folder \(folder): \(String(cString: strerror(errno)))")
            return
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
        var exclude = exclude
        if names.contains(ExcludePatterns.fileName) {
            let path = "\(folder)/\(ExcludePatterns.fileName)"
            switch read(path, limit: 1 << 20) {
            case .failure(let error): listing.problems.append("\(path): cannot be read: \(error)")
            case .success(let bytes):
                for line in bytes.split(separator: 0x0A) {
                    try exclude.add(String(decoding: line, as: UTF8.self), base: folder == "." ? "" : folder)
                }
            }
        }
        for name in names.sorted() where !name.hasPrefix(".") {
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            guard isFolder || extensions.contains(where: name.hasSuffix) || KustomizeFiles.isKustomization(name) else {
                continue
            }
            let isLink = status.st_mode & S_IFMT == S_IFLNK
            // One that leads nowhere is told when it is to be read.
            let isDangling = isLink && stat(path, &status) != 0
            guard isFolder || isDangling || status.st_mode & S_IFMT == S_IFREG else { continue }
            if exclude.exclude(path, isFolder: isFolder) {
                listing.excluded += 1
            } else if isFolder {
                try walk(path, exclude, &listing)
            } else {
                let identity = isDangling ? [] : [UInt64(status.st_dev), UInt64(status.st_ino)]
                listing.files.append(
                    Listing.File(path: path, isFound: true, identity: identity, isLink: isLink))
            }
        }
    }

    /// At most `limit` bytes and one more, so that too much is noticed and never kept.
    static func read(_ path: String, limit: Int) -> Result<[UInt8], SystemFailure> {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(SystemFailure(number: errno)) }
        defer { close(descriptor) }
        guard let bytes = [UInt8](readingAllOf: descriptor, limit: limit + 1, waits: path == "-") else {
            return .failure(SystemFailure(number: errno))
        }
        return .success(bytes)
    }

    /// Whether a text that is no YAML is a template of Helm's, Jinja's or Go's instead.
    static func isTemplate(_ bytes: [UInt8]) -> Bool {
        bytes.firstOffset(of: "{{") != nil || bytes.firstOffset(of: "{%") != nil
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
        bytes.withUnsafeBytes { Descriptor.write($0, to: descriptor, waits: true) }
    }
}

/// Files and folders that are passed over, by patterns as `.gitignore` has them: one without a slash names files at any
/// depth, one that ends with a slash folders alone, `!` takes back what an earlier one excludes.
struct ExcludePatterns {
    private struct Pattern {
        let base: String
        let glob: Glob
        let isFolder: Bool
        let isNegated: Bool
    }

    static let fileName = ".kpipeignore"
    private var patterns: [Pattern] = []

    /// - Parameter base: the folder that a pattern with a slash begins at; empty for where the command runs.
    mutating func add(_ line: String, base: String) throws {
        var words = line[...]
        while let last = words.last, last.isWhitespace { words.removeLast() }
        guard !words.isEmpty, words.first != "#" else { return }
        let isNegated = words.first == "!"
        if isNegated { words.removeFirst() }
        let isFolder = words.last == "/"
        if isFolder { words.removeLast() }
        let isAnchored = words.contains("/")
        if words.first == "/" { words.removeFirst() }
        do {
            let glob = try Glob(isAnchored ? String(words) : "**/\(words)")
            patterns.append(Pattern(base: base, glob: glob, isFolder: isFolder, isNegated: isNegated))
        } catch {
            throw CommandFailure(.usage, "the pattern \(line) cannot be used: \(error)")
        }
    }

    /// The last pattern that speaks of a path decides.
    func exclude(_ path: String, isFolder: Bool) -> Bool {
        let path = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return patterns.last { pattern in
            guard isFolder || !pattern.isFolder else { return false }
            let base = pattern.base == "." ? "" : pattern.base
            guard base.isEmpty || path.hasPrefix("\(base)/") else { return false }
            return pattern.glob.matches(base.isEmpty ? path : String(path.dropFirst(base.count + 1)))
        }.map { !$0.isNegated } ?? false
    }
}
