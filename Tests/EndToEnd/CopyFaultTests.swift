import Foundation
import TestSupport
import Testing

/// What goes wrong around `cp`: disks, permissions, names, and far too many objects.
@Suite struct CopyFaultTests {
    private let folder: TemporaryFolder
    private static let keys: [String: String?] = [
        "no_proxy": "*", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_REGION": "us-east-1",
    ]

    init() throws { folder = try TemporaryFolder("faults") }

    private func oneLine(_ finished: Finished, _ code: Int32, _ words: String...) {
        #expect(finished.status == .exited(code), "\(finished.error)")
        #expect(finished.error.split(separator: "\n").count == 1, "\(finished.error)")
        for word in words { #expect(finished.error.contains(word), "\(finished.error)") }
    }

    @Test(.requires(.seaweedFS, .curl), .requiresMounts)
    func `a full disk is said before anything is fetched, and nothing stays`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        try await server.put(seededBytes(20 << 20), "big", in: bucket)
        let disk = try await MemoryFileSystem("size=4m")
        let full = try await run(
            Product.sidecar.path, ["cp", "s3://\(bucket)/big", disk.path + "/"], environment: server.environment())
        oneLine(full, 74, "No space left", disk.path + "/big", "free some space")
        #expect(try disk.folder.list() == [])
    }

    @Test(.requiresMounts) func `a disk that fills up on the way leaves what was complete`() async throws {
        for index in 0..<8 { try folder.write(seededBytes(1 << 20), to: "many/\(index)") }
        let disk = try await MemoryFileSystem("size=4m")
        let full = try await run(Product.sidecar.path, ["cp", folder["many"] + "/", disk.path + "/"])
        #expect(full.status == .exited(74))
        let left = try disk.folder.list()
        #expect(!left.isEmpty && !left.contains { $0.hasPrefix(".kpipe") })
        for name in left { #expect(try disk.folder.read(name) == seededBytes(1 << 20)) }
    }

    @Test(.requiresMounts) func `a file system that is read-only is a matter of permission`() async throws {
        try folder.write("x", to: "x")
        let disk = try await MemoryFileSystem("ro")
        oneLine(try await run(Product.sidecar.path, ["cp", folder["x"], disk.path + "/"]), 77, "read-only")
    }

    @Test(.requiresNobody(toRun: .sidecar)) func `a folder of others is a matter of permission`() async throws {
        try folder.write("x", to: "x")
        let locked = try folder.makeFolder("locked")
        for path in [folder.path, locked] { chmod(path, 0o555) }
        defer { for path in [folder.path, locked] { chmod(path, 0o755) } }
        for target in [locked + "/", locked + "/new/", locked + "/name"] {
            let refused = try await Nobody.run(Product.sidecar.path, ["cp", folder["x"], target])
            oneLine(refused, 77, "Permission denied", "check owner")
        }
        #expect(try folder.list("locked") == [])
    }

    @Test(.requires(.seaweedFS, .curl)) func `a key that may only read stores nothing`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        try folder.write("x", to: "x")
        let refused = try await run(
            Product.sidecar.path, ["cp", folder["x"], "s3://\(bucket)/x"], environment: server.environment(.reader))
        oneLine(refused, 77, "s3://\(bucket)/x")
        let unknown = SeaweedFS.Identity(accessKey: "AKIDUNKNOWN", secretKey: "sesame")
        let stranger = try await run(
            Product.sidecar.path, ["cp", "s3://\(bucket)/x", folder["y"]], environment: server.environment(unknown))
        oneLine(stranger, 77, "s3://\(bucket)/x")
        #expect(!stranger.error.contains("sesame"))
        #expect(try await server.list(bucket) == [])
    }

    /// One page of a listing, as S3 writes it.
    private static func page(_ keys: some Sequence<String>, next: Int? = nil) -> ScriptedHTTPServer.Step {
        let entries = keys.map {
            "<Contents><Key>\($0)</Key><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>"
        }
        let more = next.map { "<NextContinuationToken>\($0)</NextContinuationToken>" } ?? ""
        return .ok(
            "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>\(next != nil)</IsTruncated>\(more)"
                + entries.joined() + "</ListBucketResult>")
    }

    @Test func `hostile names are refused one by one, and the others arrive`() async throws {
        let hostile = [
            "p/../evil", "p/a/../../evil", "p//abs", "p/a%00b", "p/.kpipe-x", "p/./x",
            "p/\(String(repeating: "n", count: 256))",
        ]
        let server = try ScriptedHTTPServer { request in
            guard request.target.contains("list-type") else {
                return [.respond(200, headers: ["ETag: \"e\""], body: [65])]
            }
            return [Self.page(["p/good"] + hostile + ["p/also/good"])]
        }
        defer { server.stop() }
        let finished = try await run(
            Product.sidecar.path, ["cp", "s3://bucket/p/", "in/out/", "--endpoint-url", server.url],
            environment: Self.keys, folder: folder.path)
        #expect(finished.status == .exited(65))
        #expect(finished.error.split(separator: "\n").count == hostile.count)
        #expect(try folder.list() == ["in", "in/out", "in/out/also", "in/out/also/good", "in/out/good"])
    }

    @Test(.requires(.python)) func `100,000 objects are listed in memory for a few thousand`() async throws {
        let server = try ScriptedHTTPServer { request in
            let page = request.target.firstMatch(of: /continuation-token=([0-9]+)/).flatMap { Int($0.1) } ?? 0
            let isSmall = request.target.contains("prefix=small")
            let names = (0..<1000).map { "\(isSmall ? "small" : "large")/a-name-of-some-length/\(page)-\($0)" }
            return [Self.page(names, next: isSmall || page == 99 ? nil : page + 1)]
        }
        defer { server.stop() }
        // Prints lines of the child's output and its peak of memory in KiB.
        let script = """
            import resource, subprocess, sys
            child = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True)
            print(child.stdout.count(b'\\n'), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        func list(_ prefix: String) async throws -> (objects: Int, peak: Int) {
            let words = try await output(
                try #require(Tool.python.path),
                [
                    "-c", script, Product.sidecar.path, "cp", "--dry-run", "s3://bucket/\(prefix)/", folder["none"],
                    "--endpoint-url", server.url,
                ], environment: Self.keys
            ).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            return (words[0], words[1])
        }
        let small = try await list("small")
        let large = try await list("large")
        #expect(small.objects == 1000)
        #expect(large.objects == 100_000)
        // Names are kept to tell collisions; pages, documents and plans are not.
        #expect(large.peak - small.peak < 32 << 10, "\(small.peak) KiB became \(large.peak) KiB")
        #expect(!folder.exists("none"))
    }
}
