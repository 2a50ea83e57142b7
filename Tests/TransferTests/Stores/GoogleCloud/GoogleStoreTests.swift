import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import Transfer

/// What fake-gcs-server cannot show: preconditions, uploads that break off, the XML interface, refused tokens.
struct GoogleStoreTests {
    private typealias Steps = [ScriptedHTTPServer.Step]

    /// Gives `token-1`, then `token-2` …
    private func cache(_ count: Counter) -> CredentialCache<BearerToken> {
        CredentialCache(missing: GoogleTokenSource.missing) { () async throws(TransferError) in
            BearerToken(value: "token-\(count.next())", expiration: nil)
        }
    }

    private func store(
        _ google: ScriptedGoogle, _ tokens: Counter = Counter(), environment: [String: String] = [:],
        _ instead: @escaping @Sendable (ScriptedHTTPServer.Request) -> [ScriptedHTTPServer.Step]? = { _ in nil }
    ) throws -> (ScriptedHTTPServer, GoogleStore) {
        let server = try ScriptedHTTPServer { instead($0) ?? google.answer($0).steps }
        let configuration = StoreConfiguration(
            environment: environment.merging(["STORAGE_EMULATOR_HOST": server.url]) { $1 })
        let requests = TokenRequests(client: HTTPClient(), tokens: cache(tokens))
        let service = try GoogleService(configuration, requests: requests)
        return (server, GoogleStore(service, bucket: "bucket"))
    }

    private func crc32c(_ bytes: [UInt8]) -> Checksum { StreamTransfer.checksum(bytes, .crc32c) }

    @Test func `an object that changed is refused before a byte of it`() async throws {
        let google = ScriptedGoogle()
        google.put(Array("first".utf8), "bucket/key")
        let (server, store) = try store(google)
        defer { server.stop() }
        let info = try await store.stat("key")
        google.put(Array("other".utf8), "bucket/key")
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await store.read("key", range: 0..<2, matching: info, into: sink)
        }
        #expect(error?.reason == .changed && sink.bytes.isEmpty)
    }

    @Test func `a token that is refused is fetched anew, once`() async throws {
        let google = ScriptedGoogle()
        google.admit(only: ["token-2"])
        google.put(Array("x".utf8), "bucket/key")
        let tokens = Counter()
        let (server, store) = try store(google, tokens)
        defer { server.stop() }
        #expect(try await store.stat("key").size == 1)
        #expect(tokens.value == 2)
        google.admit(only: ["none"])
        let error = await failure { () throws(TransferError) in _ = try await store.stat("key") }
        #expect(error?.reason == .credentials)
        #expect(error?.hint?.contains("GOOGLE_APPLICATION_CREDENTIALS") == true)
        #expect(error.map { !"\($0)".contains("token-") } == true)
        #expect(server.requests.count == 4)
    }

    @Test func `who pays is said in both interfaces, and asked for where it is missing`() async throws {
        let google = ScriptedGoogle()
        google.charge("my-project")
        google.put(Array("x".utf8), "bucket/key")
        let (server, store) = try store(google, environment: ["GOOGLE_CLOUD_QUOTA_PROJECT": "my-project"])
        let (other, silent) = try self.store(google)
        defer {
            server.stop()
            other.stop()
        }
        #expect(try await store.stat("key").size == 1)
        let upload = try await store.beginMultipart("big", ObjectAttributes())
        #expect(!upload.id.hasPrefix("compose-"))
        try await upload.abort()
        let error = await failure { () throws(TransferError) in _ = try await silent.stat("key") }
        #expect(error?.hint?.contains("GOOGLE_CLOUD_QUOTA_PROJECT") == true)
    }

    @Test(arguments: [("size", false), ("Größe", true)])
    func `metadata beyond ASCII is sent in JSON alone`(name: String, isComposed: Bool) async throws {
        let (server, store) = try store(ScriptedGoogle())
        defer { server.stop() }
        let upload = try await store.beginMultipart("key", ObjectAttributes(metadata: ["name": name]))
        #expect(upload.id.hasPrefix("compose-") == isComposed)
        try await upload.abort()
    }

    @Test func `an upload that breaks off goes on where the server is`() async throws {
        let google = ScriptedGoogle()
        let broken = Counter()
        let kept = 5 << 20
        let (server, store) = try store(google) { request in
            guard request.method == "PUT", request.body.count > 0,
                broken.next() == 1
            else { return nil }
            google.keep(kept, of: request)
            return [.reset]
        }
        defer { server.stop() }
        let content = seededBytes(9 << 20)
        let source = BytesSource(content)
        let attributes = ObjectAttributes(contentType: "text/x", checksum: crc32c(content))
        let first = await failure { () throws(TransferError) in _ = try await store.write("key", source, attributes) }
        #expect(first?.reason == .network)
        #expect(source.rewind())
        let info = try await store.write("key", source, attributes)
        #expect(info.checksum == crc32c(content))
        #expect(google.objects["bucket/key"]?.bytes == content)
        #expect(google.objects["bucket/key"]?.type == "text/x")
        let sent = server.requests.filter { $0.method == "PUT" }.map { $0["Content-Range"] ?? "" }
        #expect(
            sent == [
                "bytes 0-\(content.count - 1)/\(content.count)", "bytes */\(content.count)",
                "bytes \(kept)-\(content.count - 1)/\(content.count)",
            ])
        #expect(google.openUploads == 0)
    }

    @Test func `an upload whose last answer was lost is found done, and one that the server forgot begins anew`()
        async throws
    {
        let google = ScriptedGoogle()
        let lost = Counter()
        let (server, store) = try store(google) { request in
            guard request.method == "PUT", request.body.count > 0 else { return nil }
            switch lost.next() {
            case 1: return [.respond(404)]
            case 2:
                _ = google.answer(request)
                return [.reset]
            default: return nil
            }
        }
        defer { server.stop() }
        let content = seededBytes(8 << 20)
        let attributes = ObjectAttributes(checksum: crc32c(content))
        for _ in 0..<2 {
            let error = await failure { () throws(TransferError) in
                _ = try await store.write("key", BytesSource(content), attributes)
            }
            #expect(error?.reason == .network)
        }
        // The session is gone with its success; the object is stored again, which changes nothing.
        let engine = TransferEngine(
            stores: OneStore(store: store), configuration: TransferConfiguration(retry: quickRetries))
        let folder = try TemporaryFolder("resumable")
        try folder.write(content, to: "key")
        let report = await engine.store([OutputRequest(from: "key", to: "gs://bucket/key")], from: folder.path)
        #expect(report.failures == [])
        #expect(google.objects["bucket/key"]?.bytes == content)
    }

    @Test func `an upload that was found done is not found again in another object's place`() async throws {
        let google = ScriptedGoogle()
        let told = Mutex<Steps?>(nil)
        let (server, store) = try store(google) { request in
            guard request.method == "PUT" else { return nil }
            // What is over is told by its object for a week.
            guard let done = told.withLock({ $0 }) else {
                let done = google.answer(request).steps
                told.withLock { $0 = done }
                return [.reset]
            }
            return request.body.isEmpty ? done : nil
        }
        defer { server.stop() }
        let content = seededBytes(8 << 20)
        let attributes = ObjectAttributes(checksum: crc32c(content))
        let lost = await failure { () throws(TransferError) in
            _ = try await store.write("key", BytesSource(content), attributes)
        }
        #expect(lost?.reason == .network)
        _ = try await store.write("key", BytesSource(content), attributes)
        google.put(Array("another".utf8), "bucket/key")
        _ = try await store.write("key", BytesSource(content), attributes)
        #expect(google.objects["bucket/key"]?.bytes == content)
    }

    @Test(arguments: [
        ("{\"error\":{\"message\":\"The specified bucket does not exist.\"}}", TransferError.Reason.noBucket),
        ("<Error><Code>NoSuchBucket</Code></Error>", .noBucket),
        ("{\"error\":{\"message\":\"No such object: bucket/key\"}}", .notFound), ("", .notFound),
    ])
    func `a bucket that is missing is told apart from an object`(body: String, reason: TransferError.Reason)
        async throws
    {
        let (server, store) = try store(ScriptedGoogle()) { _ in [.respond(404, body: Array(body.utf8))] }
        defer { server.stop() }
        #expect(await failure { () throws(TransferError) in _ = try await store.stat("key") }?.reason == reason)
        let listing = await failure { () throws(TransferError) in _ = try await store.list(prefix: "key", after: nil) }
        #expect(listing?.reason == .noBucket)
    }

    @Test func `parts go through the XML interface with their checksums`() async throws {
        let google = ScriptedGoogle()
        let (server, store) = try store(google)
        defer { server.stop() }
        let content = seededBytes(30_000)
        let upload = try await store.beginMultipart("a b/ü", ObjectAttributes(contentType: "text/x"))
        var tags: [PartTag] = []
        for number in [3, 1, 2] {
            let piece = Array(content[(number - 1) * 10_000..<number * 10_000])
            tags.append(try await upload.part(number, BytesSource(piece), checksum: crc32c(piece)))
        }
        let wrong = await failure { () throws(TransferError) in
            _ = try await upload.part(4, BytesSource("x"), checksum: Checksum(.crc32c, [1, 2, 3, 4]))
        }
        #expect(wrong?.reason == .network)
        #expect(try await store.unfinishedUploads(prefix: "").map(\.id) == [upload.id])
        let resumed = store.resumeMultipart("a b/ü", id: upload.id)
        #expect(try await resumed.storedParts().map(\.number) == [1, 2, 3])
        let info = try await resumed.complete(tags)
        #expect(info.checksum == crc32c(content))
        #expect(google.objects["bucket/a b/ü"]?.bytes == content)
        #expect(google.objects["bucket/a b/ü"]?.type == "text/x")
        // The answer was lost and the request made again: the object itself tells.
        #expect(try await resumed.complete(tags).versionID == info.versionID)
        google.put(Array("another".utf8), "bucket/a b/ü")
        let other = await failure { () throws(TransferError) in _ = try await resumed.complete(tags) }
        #expect(other?.reason == .uploadEnded)
    }

    @Test(arguments: [
        (403, "rateLimitExceeded", TransferError.Reason.throttled(retryAfter: nil)), (403, "forbidden", .permission),
        (401, "required", .credentials), (404, "notFound", .notFound), (412, "conditionNotMet", .changed),
        (429, "", .throttled(retryAfter: nil)),
        (503, "backendError", .throttled(retryAfter: nil)), (500, "backendError", .server(status: 500)),
        (408, "", .timeout), (400, "invalid", .server(status: 400)),
    ])
    func `what a refusal means`(status: Int, word: String, reason: TransferError.Reason) async throws {
        let body = "{\"error\":{\"code\":\(status),\"message\":\"words\",\"errors\":[{\"reason\":\"\(word)\"}]}}"
        let (server, store) = try store(ScriptedGoogle()) { _ in [.respond(status, body: Array(body.utf8))] }
        defer { server.stop() }
        let error = await failure { () throws(TransferError) in _ = try await store.stat("key") }
        #expect(error?.reason == reason)
        #expect(error?.object == "gs://bucket/key")
    }

    @Test(arguments: [("forbidden", "role"), ("retentionPolicyNotMet", "retention"), ("objectUnderActiveHold", "hold")])
    func `a refusal says what may help`(word: String, hint: String) async throws {
        let body = "{\"error\":{\"code\":403,\"message\":\"words\",\"errors\":[{\"reason\":\"\(word)\"}]}}"
        let (server, store) = try store(ScriptedGoogle()) { _ in [.respond(403, body: Array(body.utf8))] }
        defer { server.stop() }
        let error = await failure { () throws(TransferError) in _ = try await store.stat("key") }
        #expect(error?.hint?.contains(hint) == true)
    }

    @Test(.requires(module: .googleStorage), .requires(.python))
    func `Google's own client accepts the server that these tests talk to`() async throws {
        let google = ScriptedGoogle()
        let server = try ScriptedHTTPServer { google.answer($0).steps }
        defer { server.stop() }
        let folder = try TemporaryFolder("google-client")
        let file = try folder.write(seededBytes(12 << 20), to: "file")
        let script = """
            import sys
            from google.auth.exceptions import GoogleAuthError
            from google.cloud import storage
            from google.cloud.storage import transfer_manager
            from google.oauth2.credentials import Credentials
            client = storage.Client(project="p", credentials=Credentials(token="t"), client_options={"api_endpoint": sys.argv[1]})
            bucket = client.bucket("bucket")
            data = open(sys.argv[2], "rb").read()
            bucket.blob("small").upload_from_string(data[:1000], checksum="crc32c", if_generation_match=0)
            bucket.blob("resumable", chunk_size=5 << 20).upload_from_filename(sys.argv[2], checksum="crc32c")
            transfer_manager.upload_chunks_concurrently(sys.argv[2], bucket.blob("parts"), chunk_size=5 << 20, max_workers=2, worker_type="thread")
            assert bucket.blob("small").download_as_bytes(checksum="crc32c") == data[:1000]
            assert bucket.blob("resumable").download_as_bytes(start=5, end=99) == data[5:100]
            assert bucket.blob("parts").download_as_bytes(checksum="crc32c") == data
            blob = bucket.get_blob("small")
            try:
                bucket.blob("small").upload_from_string(b"other", if_generation_match=0)
                sys.exit("the precondition was not kept")
            except Exception as error:
                assert "412" in str(error), error
            print(sorted(b.name for b in client.list_blobs("bucket")), blob.size)
            """
        let said = try await output(Tool.python.path ?? "python3", ["-c", script, server.url, file])
        #expect(said == "['parts', 'resumable', 'small'] 1000\n")
    }
}

/// One store for whatever URL.
struct OneStore: StoreResolver {
    let store: any ObjectStore

    func resolve(_ url: String, _ settings: StoreSettings) throws(TransferError) -> ResolvedURL {
        let location = try Location(url)
        return ResolvedURL(store: store, base: location.base, key: location.key)
    }
}
