import FakeKube
import Foundation
import Report
import TestSupport
import Testing

/// `cp` and `verify` on this machine alone, and what becomes of a command whose output nobody can keep.
@Suite struct LocalCopyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("local") }

    private func kpipe(_ arguments: String..., input: [UInt8] = []) async throws -> Finished {
        try await run(
            Product.sidecar.path, arguments, environment: ["no_proxy": "*"], folder: folder.path, input: input)
    }

    @Test func `a pipe and a socket are not replaced`() async throws {
        try folder.write("x", to: "a/x")
        #expect(mknod(folder["pipe"], S_IFIFO | 0o600, 0) == 0)
        _ = try folder.makeFolder("d")
        #expect(mknod(folder["d/x"], S_IFSOCK | 0o600, 0) == 0)
        for (source, target, kind) in [("a/x", "pipe", "a pipe"), ("-", "pipe", "a pipe"), ("a/", "d", "a socket")] {
            let refused = try await kpipe("cp", source, target)
            #expect(refused.status == .exited(74), "\(refused.error)")
            #expect(refused.error.contains("is \(kind), and no file takes its place (write to it with `-` and `>`)"))
        }
        #expect(try folder.list() == ["a", "a/x", "d", "d/x", "pipe"])
    }

    @Test func `what is there is skipped, until its source is newer`() async throws {
        try folder.write("x", to: "a/x")
        func skipped() async throws -> Int {
            let copied = try await kpipe("cp", "--json", "--skip-existing", "a/", "b/")
            #expect(copied.status == .exited(0), "\(copied.error)")
            return copied.output.split(separator: "\n").count { $0.contains(#""event":"skipped""#) }
        }
        #expect(try await skipped() == 0)
        #expect(try await skipped() == 1)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: 3600)], ofItemAtPath: folder["a/x"])
        #expect(try await skipped() == 0)
    }
}
