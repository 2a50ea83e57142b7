import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// A second kind of S3 server, with STS beside it.
@Suite(.requires(.moto, .curl))
struct MotoTests {
    private func open(_ moto: Moto, _ bucket: String, _ more: [String: String] = [:]) async throws -> S3Store {
        _ = try await output(
            "/usr/bin/env", ["curl", "-sf", "--noproxy", "*", "-X", "PUT", "\(moto.endpoint)/\(bucket)"])
        let keys = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"]
        let environment = ["AWS_ENDPOINT_URL": moto.endpoint].merging(more.isEmpty ? keys : more) { $1 }
        let registry = StoreRegistry(StoreConfiguration(environment: environment))
        return try #require(try registry.resolve("s3://\(bucket)/").store as? S3Store)
    }

    @Test func `everything a transfer needs`() async throws {
        let moto = try await Moto.start()
        let store = try await open(moto, "bucket")
        for key in ["back\\slash", "a//b", "dots/./..x", "sp ace+plus%25", String(repeating: "k", count: 1024)] {
            _ = try await store.write(key, BytesSource(key), ObjectAttributes(contentType: "text/plain"))
            let info = try await store.stat(key)
            #expect(info.size == Int64(key.utf8.count))
            let sink = BytesSink()
            _ = try await store.read(key, range: nil, matching: info, into: sink)
            #expect(sink.text == key)
        }
        let listed = try await store.list(prefix: "", after: nil)
        #expect(listed.objects.count == 5)
        #expect(listed.objects.contains { $0.key == "sp ace+plus%25" })

        let content = seededBytes(6 << 20)
        let upload = try await store.beginMultipart("big", ObjectAttributes())
        var tags: [PartTag] = []
        for (index, piece) in [content[..<(5 << 20)], content[(5 << 20)...]].enumerated() {
            tags.append(try await upload.part(index + 1, BytesSource(Array(piece)), checksum: nil))
        }
        #expect(try await upload.storedParts().map(\.number) == [1, 2])
        _ = try await upload.complete(tags)
        let sink = BytesSink()
        let found = try await store.read("big", range: (5 << 20)..<(6 << 20), matching: nil, into: sink)
        #expect(found.size == 6 << 20)
        #expect(sink.bytes == Array(content[(5 << 20)...]))
    }

    @Test func `a role by web identity reads and writes`() async throws {
        let moto = try await Moto.start()
        let folder = try TemporaryFolder()
        let token = try folder.write("header.payload.signature", to: "token")
        let store = try await open(
            moto, "bucket",
            [
                "AWS_WEB_IDENTITY_TOKEN_FILE": token, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod",
                "AWS_REGION": "us-east-1",
            ])
        _ = try await store.write("key", BytesSource("content"), ObjectAttributes())
        #expect(try await store.stat("key").size == 7)
    }

    @Test func `a role by a profile of the shared files reads and writes`() async throws {
        let moto = try await Moto.start()
        let folder = try TemporaryFolder()
        let config = try folder.write(
            """
            [profile work]
            role_arn = arn:aws:iam::123456789012:role/work
            source_profile = base
            region = us-east-1
            [profile base]
            aws_access_key_id = A
            aws_secret_access_key = S
            """, to: "config")
        let store = try await open(
            moto, "bucket",
            ["AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": folder["none"], "AWS_PROFILE": "work"])
        _ = try await store.write("key", BytesSource("content"), ObjectAttributes())
        #expect(try await store.stat("key").size == 7)
    }
}
