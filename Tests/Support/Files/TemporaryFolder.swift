package import Foundation
import Glibc
import Synchronization

/// A folder that goes with the value that made it, or with the process.
///
///     let folder = try TemporaryFolder()
///     try folder.write("a", to: "input/letters")
package final class TemporaryFolder: Sendable {
    package let path: String
    package var url: URL { URL(filePath: path, directoryHint: .isDirectory) }

    package init(_ purpose: String = "test") throws {
        var template = Array("\(NSTemporaryDirectory())/kpipe-\(purpose).XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        guard made else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let name = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        // As programs see it: /tmp may be a link, and a watch on a path reports the resolved one.
        path = URL(filePath: name).resolvingSymlinksInPath().path
        Self.removeTheRestAtExit
        Self.all.withLock { _ = $0.insert(path) }
    }

    deinit {
        Self.all.withLock { _ = $0.remove(path) }
        try? FileManager.default.removeItem(atPath: path)
    }

    // What a test keeps in a static value is never let go.
    private static let all = Mutex<Set<String>>([])
    private static let removeTheRestAtExit: Void = {
        atexit {
            let leaks = TemporaryFolder.leakedDescriptors
            for path in TemporaryFolder.all.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
            guard !leaks.isEmpty else { return }
            let report = leaks.map { "✘ a descriptor was left open: \($0)\n" }.joined()
            FileHandle.standardError.write(Data(report.utf8))
            _exit(EX_SOFTWARE)
        }
    }()

    /// What this process still holds open of folders that are gone, and with them all that had a use for it.
    private static var leakedDescriptors: [String] {
        let folder = "/proc/self/fd"
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let open = numbers.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
        return open.filter { $0.contains("/kpipe-") && $0.hasSuffix(" (deleted)") }.sorted()
    }

    /// The path of `name` in here.
    package subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, making the folders above it. Returns its path.
    @discardableResult
    package func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        let file = self[name]
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        try write(text.utf8, to: name)
    }

    package func makeFolder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: self[name], withIntermediateDirectories: true)
        return self[name]
    }

    package func read(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: self[name])))
    }

    package func text(_ name: String) throws -> String {
        String(decoding: try read(name), as: UTF8.self)
    }

    package func exists(_ name: String) -> Bool {
        var info = stat()
        return lstat(self[name], &info) == 0
    }

    /// Everything below, as sorted paths relative to here.
    package func list(_ name: String = "") throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: self[name]).sorted()
    }
}
