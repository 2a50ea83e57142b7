import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// The `gs://` store against fake-gcs-server, and read back by Google's own client.
@Suite(.requires(.fakeGCS, .curl))
struct GoogleEmulatorTests {
    private func open(_ bucket: String) async throws -> (FakeGCS, StoreRegistry, any ObjectStore) {
        let server = try await FakeGCS.start()
        let registry = StoreRegistry(StoreConfiguration(environment: ["STORAGE_EMULATOR_HOST": server.endpoint]))
        return (server, registry, try registry.resolve("gs://\(try await server.makeBucket(bucket))/").store)
    }

    private func crc32c(_ bytes: [UInt8]) -> Checksum { StreamTransfer.checksum(bytes, .crc32c) }

    @Test func `objects come back as they were stored, whatever their names`() async throws {
        let (server, _, store) = try await open("names")
        defer { withExtendedLifetime(server) {} }
        let keys = [
            "a/b", "with space", "plus+plus", "percent%20sign", "100%", "emoji/🧪/ü", "q?uestion#hash", "a&b=c;d",
            "e\u{301}", "\u{e9}", "quote'\"<x>", String(repeating: "k", count: 1000),
        ]
        for key in keys {
            let content = Array("content of \(key)".utf8)
            let written = try await store.write(
                key, BytesSource(content), ObjectAttributes(contentType: "text/x", checksum: crc32c(content)))
            #expect(written.size == Int64(content.count))
            let info = try await store.stat(key)
            #expect(info.checksum == crc32c(content) && info.versionID == written.versionID)
            let sink = BytesSink()
            let read = try await store.read(key, range: nil, matching: info, into: sink)
            #expect(sink.bytes == content && read.checksum == info.checksum)
        }
        let page = try await store.list(prefix: "", after: nil)
        #expect(Set(page.objects.map { Array($0.key.utf8) }) == Set(keys.map { Array($0.utf8) }))
        #expect(page.objects.allSatisfy { $0.checksum != nil && $0.versionID != nil })
    }

    @Test func `ranges are exact, an empty object is an object, a missing one is not`() async throws {
        let (server, registry, store) = try await open("ranges")
        defer { withExtendedLifetime(server) {} }
        let content = seededBytes(100_000)
        _ = try await store.write("object", BytesSource(content), ObjectAttributes(checksum: crc32c(content)))
        let info = try await store.stat("object")
        for range: Range<Int64> in [0..<1, 0..<100_000, 99_999..<100_000, 5_000..<70_001] {
            let sink = BytesSink()
            let found = try await store.read("object", range: range, matching: info, into: sink)
            #expect(sink.bytes == Array(content[Int(range.lowerBound)..<Int(range.upperBound)]))
            #expect(found.size == 100_000)
        }
        _ = try await store.write("empty", BytesSource(""), ObjectAttributes())
        let sink = BytesSink()
        _ = try await store.read("empty", range: nil, matching: nil, into: sink)
        #expect(sink.bytes.isEmpty && sink.begun.count == 1)
        let nowhere = try registry.resolve("gs://no-such-bucket/").store
        for (store, key) in [(store, "missing"), (nowhere, "x")] {
            #expect(await failure { () throws(TransferError) in _ = try await store.stat(key) }?.reason == .notFound)
            let read = await failure { () throws(TransferError) in
                _ = try await store.read(key, range: nil, matching: nil, into: sink)
            }
            #expect(read?.reason == .notFound)
        }
    }

    @Test func `a body whose checksum is wrong is told`() async throws {
        let (server, _, store) = try await open("damaged")
        defer { withExtendedLifetime(server) {} }
        let error = await failure { () throws(TransferError) in
            let attributes = ObjectAttributes(checksum: Checksum(.crc32c, [1, 2, 3, 4]))
            _ = try await store.write("x", BytesSource("content"), attributes)
        }
        #expect(error?.reason == .network)
    }

    @Test func `an upload in parts is joined in rounds where there is no XML interface, and leaves nothing`()
        async throws
    {
        let (server, _, store) = try await open("parts")
        defer { withExtendedLifetime(server) {} }
        let content = seededBytes(40_000)
        let upload = try await store.beginMultipart("big", ObjectAttributes(contentType: "text/x"))
        var tags: [PartTag] = []
        // More than one request joins, and out of order.
        for number in (1...40).reversed() {
            let piece = Array(content[(number - 1) * 1000..<number * 1000])
            tags.append(try await upload.part(number, BytesSource(piece), checksum: crc32c(piece)))
        }
        let resumed = try store.resumeMultipart("big", id: upload.id)
        #expect(try await resumed.storedParts().map(\.number).sorted() == Array(1...40))
        let info = try await resumed.complete(tags)
        #expect(info.size == 40_000 && info.checksum == crc32c(content))
        let sink = BytesSink()
        _ = try await store.read("big", range: nil, matching: info, into: sink)
        #expect(sink.bytes == content)
        #expect(try await store.list(prefix: "", after: nil).objects.map(\.key) == ["big"])

        let gone = try await store.beginMultipart("gone", ObjectAttributes())
        _ = try await gone.part(1, BytesSource("part"), checksum: nil)
        try await gone.abort()
        #expect(try await store.list(prefix: "", after: nil).objects.map(\.key) == ["big"])
    }

    @Test(.requires(module: .googleStorage))
    func `files go out and in with the engine, and Google's own client has the same bytes`() async throws {
        let (server, registry, _) = try await open("both-ways")
        let folder = try TemporaryFolder("gs")
        let sizes = ["small": 10, "d/middle": 9 << 20, "d/large": 20 << 20, "empty": 0]
        for (name, size) in sizes { try folder.write(seededBytes(size, seed: UInt64(size)), to: "out/\(name)") }
        let engine = TransferEngine(stores: registry)
        let up = await engine.store(
            [OutputRequest(from: "**", to: "gs://both-ways/ours/")], from: folder["out"])
        #expect(up.failures == [])
        let script = """
            import hashlib, os, sys
            from google.cloud import storage
            bucket = storage.Client(project="test").bucket("both-ways")
            for blob in sorted(bucket.list_blobs(prefix="ours/"), key=lambda b: b.name):
                print(blob.name[5:], hashlib.sha256(blob.download_as_bytes(checksum="crc32c")).hexdigest())
                bucket.blob("theirs/" + blob.name[5:]).upload_from_string(blob.download_as_bytes(), checksum="crc32c")
            """
        let said = try await output(
            Tool.python.path ?? "python3", ["-c", script], environment: ["STORAGE_EMULATOR_HOST": server.endpoint])
        let expected = try sizes.keys.sorted().map { name in
            "\(name) \(Checksum(.sha256, MessageDigest.sha256(try folder.read("out/\(name)"))).hex)"
        }
        #expect(said.split(separator: "\n").map(String.init) == expected)
        let down = await engine.fetch([InputRequest(from: "gs://both-ways/theirs/", to: "")], into: folder["in"])
        #expect(down.failures == [])
        for name in sizes.keys { #expect(try folder.read("in/\(name)") == folder.read("out/\(name)")) }
    }
}
