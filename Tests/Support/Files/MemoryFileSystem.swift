import Glibc
package import Testing

/// A small file system in memory, mounted over a folder of its own, to be full or read-only at will. Goes with the value.
package final class MemoryFileSystem: Sendable {
    package let folder: TemporaryFolder
    package var path: String { folder.path }

    /// - Parameter options: of `mount -t tmpfs`, such as `size=4m` or `ro`.
    package init(_ options: String) async throws {
        folder = try TemporaryFolder("tmpfs")
        try await output("mount", ["-t", "tmpfs", "-o", options, "none", folder.path])
    }

    deinit { umount2(folder.path, Int32(MNT_DETACH)) }

    /// Whether this process may mount at all: root in an ordinary container may not.
    static func isPossible() async -> Bool {
        guard geteuid() == 0 else { return false }
        return (try? await MemoryFileSystem("size=4k")) != nil
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where nothing can be mounted.
    package static var requiresMounts: Self {
        .enabled("mounting a file system needs root and CAP_SYS_ADMIN") { await MemoryFileSystem.isPossible() }
    }
}
