import TestSupport
import Testing

@testable import Transfer

/// The S3 store against a real server that checks signatures.
@Suite(.requires(.seaweedFS, .curl))
struct SeaweedFSTests {
    private func open(_ identity: SeaweedFS.Identity = .full) async throws -> (SeaweedFS, bucket: String, S3Store) {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        return (server, bucket, try store(server, bucket, identity))
    }

    private func store(
        _ server: SeaweedFS, _ bucket: String, _ identity: SeaweedFS.Identity = .full, anonymous: Bool = false
    ) throws -> S3Store {
        let registry = StoreRegistry(
            StoreConfiguration(environment: server.environment(identity), anonymous: anonymous))
        return try #require(try registry.resolve("s3://\(bucket)/").store as? S3Store)
    }

    @Test func `an object comes back as it was stored`() async throws {
        let (server, bucket, store) = try await open()
        let content = seededBytes(300_000)
        let sum = MessageDigest.sha256(content)
        let attributes = ObjectAttributes(
            contentType: "application/x-test", metadata: ["origin": "a test"], checksum: crc32c(content))
        let written = try await store.write("a/b", BytesSource(content), attributes)
        #expect(written.size == 300_000)
        #expect(written.etag != nil)
        #expect(try await server.get("a/b", from: bucket) == content)

        let info = try await store.stat("a/b")
        #expect(info.size == 300_000)
        let sink = BytesSink(pauses: true)
        let read = try await store.read("a/b", range: nil, matching: info, into: sink)
        #expect(read.etag == info.etag)
        #expect(MessageDigest.sha256(sink.bytes) == sum)
    }

    @Test func `ranges are exact`() async throws {
        let (_, _, store) = try await open()
        let content = seededBytes(100_000)
        _ = try await store.write("object", BytesSource(content), ObjectAttributes())
        let info = try await store.stat("object")
        for range: Range<Int64> in [0..<1, 0..<100_000, 99_999..<100_000, 5_000..<70_001] {
            let sink = BytesSink()
            let found = try await store.read("object", range: range, matching: info, into: sink)
            #expect(sink.bytes == Array(content[Int(range.lowerBound)..<Int(range.upperBound)]))
            #expect(found.size == 100_000)
        }
    }

    @Test func `an empty object is an object`() async throws {
        let (_, _, store) = try await open()
        _ = try await store.write("empty", BytesSource(""), ObjectAttributes())
        #expect(try await store.stat("empty").size == 0)
        let sink = BytesSink()
        _ = try await store.read("empty", range: nil, matching: nil, into: sink)
        #expect(sink.bytes.isEmpty)
        #expect(sink.begun.count == 1)
    }

    @Test(arguments: [
        "with space", "plus+plus", "percent%20sign", "100%", "emoji/🧪/ü", "a&b=c;d", "q?uestion#hash", "quote'\"<x>",
        "(round)[square]{curly}", "tilde~dash-dot.", "*star*", "comma,colon:at@", "trailing.dot./x",
        "e\u{301}", "\u{e9}", "$dollar!", "`tick`|^", String(repeating: "k", count: 255),
    ])
    func `unusual names are stored, listed and read`(key: String) async throws {
        let (_, _, store) = try await open()
        _ = try await store.write(key, BytesSource("content of \(key)"), ObjectAttributes())
        let page = try await store.list(prefix: "", after: nil)
        #expect(page.objects.map { Array($0.key.utf8) } == [Array(key.utf8)])
        let sink = BytesSink()
        _ = try await store.read(key, range: nil, matching: page.objects.first, into: sink)
        #expect(sink.text == "content of \(key)")
    }

    @Test func `an upload in parts is joined, whatever the order of its parts`() async throws {
        let (server, bucket, store) = try await open()
        let content = seededBytes(11 << 20)
        let pieces = [content[..<(5 << 20)], content[(5 << 20)..<(10 << 20)], content[(10 << 20)...]].map(Array.init)
        let upload = try await store.beginMultipart("big", ObjectAttributes())
        var tags: [PartTag] = []
        for number in [3, 1, 2] {
            let piece = pieces[number - 1]
            tags.append(try await upload.part(number, BytesSource(piece), checksum: crc32c(piece)))
        }
        let found = try await upload.complete(tags)
        #expect(found.size == Int64(content.count))
        #expect(found.checksum == crc32c(content))
        #expect(try await server.get("big", from: bucket) == content)
        #expect(try await store.unfinishedUploads(prefix: "").isEmpty)
    }

    @Test func `an upload is resumed from what is stored`() async throws {
        let (server, bucket, store) = try await open()
        let content = seededBytes(6 << 20)
        let pieces = [content[..<(5 << 20)], content[(5 << 20)...]].map(Array.init)
        let begun = try await store.beginMultipart("resumed", ObjectAttributes())
        _ = try await begun.part(1, BytesSource(pieces[0]), checksum: crc32c(pieces[0]))
        #expect(try await store.unfinishedUploads(prefix: "").map(\.id) == [begun.id])

        let resumed = store.resumeMultipart("resumed", id: begun.id)
        let stored = try await resumed.storedParts()
        #expect(stored.map(\.number) == [1])
        #expect(stored.first?.size == 5 << 20)
        let second = try await resumed.part(2, BytesSource(pieces[1]), checksum: crc32c(pieces[1]))
        _ = try await resumed.complete(stored + [second])
        #expect(try await server.get("resumed", from: bucket) == content)
    }

    @Test func `an aborted upload leaves nothing, and may be aborted again`() async throws {
        let (server, bucket, store) = try await open()
        let upload = try await store.beginMultipart("gone", ObjectAttributes())
        _ = try await upload.part(1, BytesSource("part"), checksum: nil)
        try await upload.abort()
        try await upload.abort()
        #expect(try await store.unfinishedUploads(prefix: "").isEmpty)
        #expect(try await server.list(bucket).isEmpty)
        await #expect(throws: TransferError.self) { _ = try await upload.part(2, BytesSource("x"), checksum: nil) }
    }

    @Test func `a listing goes on over pages and keeps to its prefix`() async throws {
        let (server, bucket, store) = try await open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<1100 {
                if index >= 16 { try await group.next() }
                group.addTask {
                    _ = try await store.write("many/\(index)", BytesSource("x"), ObjectAttributes())
                }
            }
            try await group.waitForAll()
        }
        try await server.put([1], "other", in: bucket)
        var keys: Set<String> = []
        var token: String?
        var pages = 0
        repeat {
            let page = try await store.list(prefix: "many/", after: token)
            keys.formUnion(page.objects.map(\.key))
            token = page.next
            pages += 1
        } while token != nil
        #expect(keys == Set((0..<1100).map { "many/\($0)" }))
        #expect(pages == 2)
    }

    @Test func `an object that changed is refused`() async throws {
        let (_, _, store) = try await open()
        _ = try await store.write("object", BytesSource("first"), ObjectAttributes())
        let info = try await store.stat("object")
        _ = try await store.write("object", BytesSource("other"), ObjectAttributes())
        let sink = BytesSink()
        let error = await #expect(throws: TransferError.self) {
            _ = try await store.read("object", range: 0..<2, matching: info, into: sink)
        }
        #expect(error?.reason == .changed)
        #expect(sink.bytes.isEmpty)
    }

    @Test func `missing keys and buckets, and refused credentials, say so`() async throws {
        let (server, bucket, store) = try await open()
        let reader = try self.store(server, bucket, .reader)
        let stranger = try StoreRegistry(
            StoreConfiguration(
                environment: [
                    "AWS_ENDPOINT_URL_S3": server.endpoint, "AWS_ACCESS_KEY_ID": "AKIDNOBODY",
                    "AWS_SECRET_ACCESS_KEY": "wrong",
                ])
        ).resolve("s3://\(bucket)/").store
        let sink = BytesSink()
        func reason(_ body: () async throws -> Void) async -> TransferError.Reason? {
            await #expect(throws: TransferError.self) { try await body() }?.reason
        }
        #expect(await reason { _ = try await store.stat("missing") } == .notFound)
        #expect(
            await reason { _ = try await store.read("missing", range: nil, matching: nil, into: sink) } == .notFound)
        let nowhere = try self.store(server, "no-such-bucket-here")
        #expect(await reason { _ = try await nowhere.stat("x") } == .notFound)
        #expect(await reason { _ = try await nowhere.list(prefix: "", after: nil) } == .noBucket)
        #expect(
            await reason { _ = try await reader.write("x", BytesSource("x"), ObjectAttributes()) } == .permission)
        #expect(await reason { _ = try await stranger.stat("x") } == .credentials)
        #expect(await reason { _ = try await stranger.list(prefix: "", after: nil) } == .credentials)
        let anonymous = try self.store(server, bucket, anonymous: true)
        #expect(await reason { _ = try await anonymous.list(prefix: "", after: nil) } == .permission)
        #expect(sink.begun.isEmpty)
    }

    @Test(arguments: [Checksum(.md5, [UInt8](repeating: 1, count: 16)), Checksum(.crc32c, [1, 2, 3, 4])])
    func `a body whose checksum is wrong is not stored`(checksum: Checksum) async throws {
        let (server, bucket, store) = try await open()
        let error = await failure { () throws(TransferError) in
            _ = try await store.write("damaged", BytesSource("content"), ObjectAttributes(checksum: checksum))
        }
        // It was damaged on its way, for all we know: worth another try.
        #expect(error?.reason == .network)
        #expect(try await server.list(bucket).isEmpty)
    }

    @Test func `the server compares the checksum of all parts together, and gives it back`() async throws {
        let (server, bucket, store) = try await open()
        let piece = seededBytes(1000)
        let upload = try await store.beginMultipart("joined", ObjectAttributes())
        var tag = try await upload.part(1, BytesSource(piece), checksum: crc32c(piece))
        let honest = tag
        tag.checksum = Checksum(.crc32c, [1, 2, 3, 4])
        await #expect(throws: TransferError.self) { _ = try await upload.complete([tag]) }
        #expect(try await server.list(bucket).isEmpty)
        _ = try await upload.complete([honest])
        _ = try await store.write("single", BytesSource(piece), ObjectAttributes(checksum: crc32c(piece)))
        #expect(try await store.stat("single").checksum == crc32c(piece))
    }

    private func crc32c(_ bytes: [UInt8]) -> Checksum {
        var crc = CRC()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.checksum
    }
}
