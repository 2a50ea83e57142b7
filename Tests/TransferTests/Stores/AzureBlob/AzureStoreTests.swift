import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// The `az://` store against a server that checks signatures, conditions and checksums, and that Microsoft's own client
/// and rclone accept too.
struct AzureStoreTests {
    private func environment(_ server: ScriptedHTTPServer, _ more: [String: String] = [:]) -> [String: String] {
        [
            "AZURE_STORAGE_SERVICE_ENDPOINT": "\(server.url)/\(ScriptedAzure.account)",
            "AZURE_STORAGE_KEY": ScriptedAzure.keyText,
        ].merging(more) { $1 }
    }

    private func open(
        _ azure: ScriptedAzure, _ more: [String: String] = [:], container: String = "container",
        _ instead: @escaping @Sendable (ScriptedHTTPServer.Request) -> [ScriptedHTTPServer.Step]? = { _ in nil }
    ) throws -> (ScriptedHTTPServer, StoreRegistry, any ObjectStore) {
        let server = try ScriptedHTTPServer { instead($0) ?? azure.answer($0).steps }
        let registry = StoreRegistry(StoreConfiguration(environment: environment(server, more)))
        return (server, registry, try registry.resolve("az://\(ScriptedAzure.account)/\(container)/").store)
    }

    private func crc64(_ bytes: [UInt8]) -> Checksum { StreamTransfer.checksum(bytes, .crc64nvme) }

    @Test func `objects come back as they were stored, whatever their names`() async throws {
        let azure = ScriptedAzure()
        azure.list(by: 5)
        let (server, _, store) = try open(azure)
        defer { server.stop() }
        let keys = [
            "a/b", "with space", "plus+plus", "percent%20sign", "100%", "emoji/🧪/ü", "q?uestion#hash", "a&b=c;d",
            "e\u{301}", "quote'\"<x>", "control\u{1}character", String(repeating: "k", count: 1000),
        ]
        for key in keys {
            let content = Array("content of \(key)".utf8)
            let attributes = ObjectAttributes(
                contentType: "text/x", metadata: ["origin": "a test"], checksum: crc64(content))
            let written = try await store.write(key, BytesSource(content), attributes)
            let info = try await store.stat(key)
            #expect(info.size == Int64(content.count) && info.etag == written.etag && info.checksum?.algorithm == .md5)
            let sink = BytesSink()
            _ = try await store.read(key, range: nil, matching: info, into: sink)
            #expect(sink.bytes == content)
            #expect(azure.blobs["container/\(key)"]?.headers["Content-Type"] == "text/x")
            #expect(azure.blobs["container/\(key)"]?.headers["x-ms-meta-origin"] == "a test")
        }
        var found: [[UInt8]] = []
        var token: String?
        repeat {
            let page = try await store.list(prefix: "", after: token)
            #expect(page.objects.count <= 5)
            found += page.objects.map { Array($0.key.utf8) }
            token = page.next
        } while token != nil
        #expect(found.count == keys.count)
        #expect(Set(found) == Set(keys.map { Array($0.utf8) }))
        #expect(try await store.list(prefix: "emoji/", after: nil).objects.map(\.key) == ["emoji/🧪/ü"])
    }

    @Test func `ranges are exact and of one version, and what is missing says so`() async throws {
        let azure = ScriptedAzure()
        let (server, registry, store) = try open(azure)
        defer { server.stop() }
        let content = seededBytes(100_000)
        _ = try await store.write("object", BytesSource(content), ObjectAttributes(checksum: crc64(content)))
        let listed = try #require(try await store.list(prefix: "", after: nil).objects.first)
        for range: Range<Int64> in [0..<1, 0..<100_000, 99_999..<100_000, 5_000..<70_001] {
            let sink = BytesSink()
            let found = try await store.read("object", range: range, matching: listed, into: sink)
            #expect(sink.bytes == Array(content[Int(range.lowerBound)..<Int(range.upperBound)]))
            #expect(found.size == 100_000)
        }
        _ = try await store.write("empty", BytesSource(""), ObjectAttributes())
        #expect(try await store.stat("empty").size == 0)
        azure.put(seededBytes(100_000, seed: 2), "container/object")
        let sink = BytesSink()
        let changed = await failure { () throws(TransferError) in
            _ = try await store.read("object", range: 0..<2, matching: listed, into: sink)
        }
        #expect(changed?.reason == .changed && sink.bytes.isEmpty)
        let nowhere = try registry.resolve("az://\(ScriptedAzure.account)/nowhere/").store
        for (store, key, reason) in [(store, "missing", TransferError.Reason.notFound), (nowhere, "x", .noBucket)] {
            #expect(await failure { () throws(TransferError) in _ = try await store.stat(key) }?.reason == reason)
        }
        let lost = await failure { () throws(TransferError) in _ = try await nowhere.list(prefix: "", after: nil) }
        #expect(lost?.reason == .noBucket && lost?.hint?.contains("container") == true)
    }

    @Test func `a body whose checksum is wrong is not stored`() async throws {
        let azure = ScriptedAzure()
        let (server, _, store) = try open(azure)
        defer { server.stop() }
        let wrong = ObjectAttributes(checksum: Checksum(.crc64nvme, [1, 2, 3, 4, 5, 6, 7, 8]))
        let error = await failure { () throws(TransferError) in _ = try await store.write("x", BytesSource("y"), wrong)
        }
        #expect(error?.reason == .network && azure.blobs.isEmpty)
        let upload = try await store.beginMultipart("x", ObjectAttributes())
        let part = await failure { () throws(TransferError) in
            _ = try await upload.part(1, BytesSource("y"), checksum: wrong.checksum)
        }
        #expect(part?.reason == .network && azure.openBlocks == 0)
    }

    @Test func `blocks are joined in the order of their numbers, resumed by their names, and committed once`()
        async throws
    {
        let azure = ScriptedAzure()
        azure.put(Array("old".utf8), "container/big")
        let (server, _, store) = try open(azure)
        defer { server.stop() }
        let content = seededBytes(30_000)
        func piece(_ number: Int) -> [UInt8] { Array(content[(number - 1) * 10_000..<number * 10_000]) }
        let upload = try await store.beginMultipart("big", ObjectAttributes(contentType: "text/x"))
        var tags: [PartTag] = []
        for number in [3, 1] {
            tags.append(try await upload.part(number, BytesSource(piece(number)), checksum: crc64(piece(number))))
        }
        // Another writer's blocks, of the same length of name, are not taken for ours.
        let other = try await store.beginMultipart("big", ObjectAttributes())
        _ = try await other.part(2, BytesSource("other"), checksum: crc64(Array("other".utf8)))
        let resumed = try store.resumeMultipart("big", id: upload.id)
        let stored = try await resumed.storedParts().sorted { $0.number < $1.number }
        #expect(stored.map(\.number) == [1, 3] && stored.map(\.checksum) == [crc64(piece(1)), crc64(piece(3))])
        #expect(stored.map(\.size) == [10_000, 10_000])
        tags.append(try await upload.part(2, BytesSource(piece(2)), checksum: crc64(piece(2))))
        let info = try await upload.complete(tags)
        #expect(info.size == 30_000)
        #expect(azure.blobs["container/big"]?.bytes == content)
        #expect(azure.blobs["container/big"]?.headers["Content-Type"] == "text/x")
        // The answer was lost and the request is made again.
        #expect(try await upload.complete(tags).etag == info.etag)
        // Whoever began when the old one stood there comes too late.
        let late = await failure { () throws(TransferError) in _ = try await other.complete([]) }
        #expect(late?.reason == .changed && late?.message.contains("another writer") == true)
        #expect(azure.blobs["container/big"]?.bytes == content)
        try await other.abort()
    }

    @Test func `two who begin where nothing stands do not overwrite each other`() async throws {
        let azure = ScriptedAzure()
        let (server, _, store) = try open(azure)
        defer { server.stop() }
        let uploads = [
            try await store.beginMultipart("new", ObjectAttributes()),
            try await store.beginMultipart("new", ObjectAttributes()),
        ]
        var tags: [PartTag] = []
        for (index, upload) in uploads.enumerated() {
            tags.append(try await upload.part(1, BytesSource("\(index)"), checksum: nil))
        }
        _ = try await uploads[0].complete([tags[0]])
        let error = await failure { () throws(TransferError) in _ = try await uploads[1].complete([tags[1]]) }
        #expect(error?.reason == .changed)
        #expect(azure.blobs["container/new"]?.bytes == Array("0".utf8))
    }

    @Test func `files go out and in with the engine, through lost answers`() async throws {
        let azure = ScriptedAzure()
        let lost = Counter()
        let (server, registry, _) = try open(azure) { request in
            guard request.method == "PUT", lost.next() % 3 == 1 else { return nil }
            _ = azure.answer(request)
            return [.reset]
        }
        defer { server.stop() }
        let folder = try TemporaryFolder("az")
        let sizes = ["small": 10, "d/middle": 9 << 20, "d/large": 20 << 20, "empty": 0]
        for (name, size) in sizes { try folder.write(seededBytes(size, seed: UInt64(size)), to: "out/\(name)") }
        let engine = TransferEngine(stores: registry, configuration: TransferConfiguration(retry: quickRetries))
        let url = "az://\(ScriptedAzure.account)/container/run/"
        let up = await engine.store([OutputRequest(from: "**", to: url)], from: folder["out"])
        #expect(up.failures == [])
        let down = await engine.fetch([InputRequest(from: url, to: "")], into: folder["in"])
        #expect(down.failures == [])
        for name in sizes.keys { #expect(try folder.read("in/\(name)") == folder.read("out/\(name)")) }
        #expect(azure.openBlocks == 0)
    }

    @Test(arguments: [
        (403, "AuthenticationFailed", TransferError.Reason.credentials),
        (403, "AuthorizationPermissionMismatch", .permission),
        (403, "AuthorizationFailure", .permission), (404, "BlobNotFound", .notFound),
        (409, "BlobArchived", .permission), (409, "InvalidBlobType", .configuration),
        (412, "ConditionNotMet", .changed), (412, "LeaseIdMissing", .permission),
        (429, "", .throttled(retryAfter: nil)),
        (503, "ServerBusy", .throttled(retryAfter: nil)), (500, "OperationTimedOut", .server(status: 500)),
        (409, "PublicAccessNotPermitted", .credentials),
    ])
    func `what a refusal means`(status: Int, code: String, reason: TransferError.Reason) async throws {
        let (server, _, store) = try open(ScriptedAzure()) { _ in
            [.respond(status, headers: code.isEmpty ? [] : ["x-ms-error-code: \(code)"])]
        }
        defer { server.stop() }
        let error = await failure { () throws(TransferError) in _ = try await store.stat("key") }
        #expect(error?.reason == reason)
        #expect(error?.object == "az://\(ScriptedAzure.account)/container/key")
    }

    @Test(arguments: ["x-ms-resource-type: directory", "x-ms-meta-hdi_isfolder: true"])
    func `a folder is no empty object`(header: String) async throws {
        let (server, _, store) = try open(ScriptedAzure()) { _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: \"e\"\r\n\(header)\r\n\r\n")]
        }
        defer { server.stop() }
        let error = await failure { () throws(TransferError) in _ = try await store.stat("folder") }
        #expect(error?.reason == .configuration)
        #expect(error?.hint == "write az://\(ScriptedAzure.account)/container/folder/ for what it holds")
    }

    @Test(arguments: ["", "Date: Sun, 06 Nov 1994 08:49:37 GMT"])
    func `a signature of another time is made anew by the server's`(date: String) async throws {
        let azure = ScriptedAzure()
        let (server, _, store) = try open(azure) { request in
            guard request["x-ms-date"]?.contains("1994") != true else { return nil }
            return [
                .respond(403, headers: ["x-ms-error-code: AuthenticationFailed"] + (date.isEmpty ? [] : [date]))
            ]
        }
        defer { server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await store.write("key", BytesSource("content"), ObjectAttributes())
        }
        #expect(error?.reason == (date.isEmpty ? .credentials : nil))
        #expect(azure.blobs["container/key"]?.bytes == (date.isEmpty ? nil : Array("content".utf8)))
        #expect(server.requests.count == (date.isEmpty ? 1 : 2))
    }

    @Test func `each proof is shown, and none is in an error`() async throws {
        let azure = ScriptedAzure()
        azure.put(Array("x".utf8), "container/key")
        let secret = "sv=2026&sig=se%2Fcret%3D"
        azure.admit(tokens: ["token-2"], signature: secret)
        let server = try ScriptedHTTPServer { azure.answer($0).steps }
        defer { server.stop() }
        func size(_ environment: [String: String], anonymous: Bool = false) async throws(TransferError) -> Int64? {
            var configuration = StoreConfiguration(environment: environment)
            configuration.anonymous = anonymous
            let registry = StoreRegistry(configuration)
            return try await registry.resolve("az://\(ScriptedAzure.account)/container/").store.stat("key").size
        }
        let endpoint = ["AZURE_STORAGE_SERVICE_ENDPOINT": "\(server.url)/\(ScriptedAzure.account)/"]
        #expect(try await size(environment(server)) == 1)
        #expect(try await size(endpoint.merging(["AZURE_STORAGE_SAS_TOKEN": "?\(secret)"]) { $1 }) == 1)
        #expect(try await size(["AZURE_STORAGE_CONNECTION_STRING": ScriptedAzure.connectionString(server.url)]) == 1)
        let sas = "BlobEndpoint=\(server.url)/\(ScriptedAzure.account);SharedAccessSignature=\(secret)"
        #expect(try await size(["AZURE_STORAGE_CONNECTION_STRING": sas]) == 1)

        // A key of another account's is none for this one; a token that is refused is fetched anew.
        let count = Counter()
        let authority = try ScriptedHTTPServer { _ in
            [.ok("{\"access_token\":\"token-\(count.next())\",\"expires_in\":3600}")]
        }
        defer { authority.stop() }
        let folder = try TemporaryFolder("federated")
        let identity = [
            "AZURE_STORAGE_ACCOUNT": "another", "AZURE_STORAGE_CONNECTION_STRING": "AccountName=other;AccountKey=eA==",
            "AZURE_FEDERATED_TOKEN_FILE": try folder.write("jwt", to: "token"), "AZURE_CLIENT_ID": "id",
            "AZURE_TENANT_ID": "tenant", "AZURE_AUTHORITY_HOST": authority.url,
        ]
        // The endpoint is another account's too, so this one's own is asked for.
        let configuration = StoreConfiguration(environment: endpoint.merging(identity) { $1 })
        #expect(try AzureAccount(ScriptedAzure.account, configuration).endpoint.text.hasSuffix("core.windows.net"))
        var meant = identity
        meant["AZURE_STORAGE_ACCOUNT"] = nil
        #expect(try await size(endpoint.merging(meant) { $1 }) == 1)
        #expect(count.value == 2)

        let wrong = await failure { () throws(TransferError) in
            _ = try await size(endpoint.merging(["AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=se%2Fcret"]) { $1 })
        }
        #expect(wrong?.reason == .credentials && wrong.map { !"\($0)".contains("cret") } == true)
        let nobody = await failure { () throws(TransferError) in _ = try await size(endpoint, anonymous: true) }
        #expect(nobody?.reason == .credentials && nobody?.hint?.contains("AZURE_STORAGE_KEY") == true)
        azure.admit(everybody: true)
        #expect(try await size(endpoint, anonymous: true) == 1)
    }

    @Test(.requires(module: .azureBlob), .requires(.python))
    func `Microsoft's own client reads what we store, and we what it stores`() async throws {
        let azure = ScriptedAzure()
        let (server, registry, _) = try open(azure)
        defer { server.stop() }
        let folder = try TemporaryFolder("microsoft")
        try folder.write(seededBytes(20 << 20), to: "large")
        try folder.write("small", to: "d/small ü")
        let engine = TransferEngine(stores: registry)
        let base = "az://\(ScriptedAzure.account)"
        let up = await engine.store([OutputRequest(from: "**", to: "\(base)/container/ours/")], from: folder.path)
        #expect(up.failures == [])
        let script = """
            import hashlib, sys
            from azure.storage.blob import BlobServiceClient
            service = BlobServiceClient.from_connection_string(sys.argv[1], max_single_put_size=1 << 20, max_block_size=4 << 20)
            ours = service.get_container_client("container")
            theirs = service.create_container("theirs")
            for blob in sorted(ours.list_blobs(name_starts_with="ours/"), key=lambda b: b.name):
                data = ours.download_blob(blob.name, validate_content=False, max_concurrency=4).readall()
                print(blob.name[5:], hashlib.sha256(data).hexdigest())
                theirs.upload_blob(blob.name[5:], data, overwrite=True, validate_content=True, metadata={"a": "b"})
            try:
                theirs.upload_blob("large", b"x", overwrite=False)
                sys.exit("the condition was not kept")
            except Exception as error:
                assert "BlobAlreadyExists" in str(error), error
            theirs.upload_blob("gone", b"x"); theirs.delete_blob("gone")
            """
        let said = try await output(
            Tool.python.path ?? "python3", ["-c", script, ScriptedAzure.connectionString(server.url)])
        let names = ["d/small ü", "large"]
        #expect(
            try said.split(separator: "\n").map(String.init)
                == names.map { "\($0) \(Checksum(.sha256, MessageDigest.sha256(try folder.read($0))).hex)" })
        let down = await engine.fetch([InputRequest(from: "\(base)/theirs/", to: "")], into: folder["in"])
        #expect(down.failures == [])
        for name in names { #expect(try folder.read("in/\(name)") == folder.read(name)) }
    }

    @Test(.requires(.rclone)) func `rclone accepts the server that these tests talk to`() async throws {
        let azure = ScriptedAzure()
        let (server, registry, _) = try open(azure)
        defer { server.stop() }
        let folder = try TemporaryFolder("rclone")
        try folder.write(seededBytes(9 << 20), to: "out/large")
        try folder.write("small", to: "out/d/small")
        let remote =
            ":azureblob,account=\(ScriptedAzure.account),key='\(ScriptedAzure.keyText)',"
            + "endpoint='\(server.url)/\(ScriptedAzure.account)':container/rclone"
        let environment = [
            "RCLONE_CONFIG": "/dev/null", "RCLONE_AZUREBLOB_UPLOAD_CUTOFF": "4M", "RCLONE_AZUREBLOB_CHUNK_SIZE": "4M",
        ]
        let rclone = try #require(Tool.rclone.path)
        try await output(rclone, ["copy", "--retries", "1", folder["out"], remote], environment: environment)
        let engine = TransferEngine(stores: registry)
        let url = "az://\(ScriptedAzure.account)/container/rclone/"
        let down = await engine.fetch([InputRequest(from: url, to: "")], into: folder["in"])
        #expect(down.failures == [])
        for name in ["large", "d/small"] { #expect(try folder.read("in/\(name)") == folder.read("out/\(name)")) }
        try folder.write(seededBytes(20 << 20, seed: 3), to: "ours/large")
        let up = await engine.store([OutputRequest(from: "**", to: url)], from: folder["ours"])
        #expect(up.failures == [])
        try await output(rclone, ["copy", "--retries", "1", remote, folder["back"]], environment: environment)
        #expect(try folder.read("back/large") == folder.read("ours/large"))
    }
}
