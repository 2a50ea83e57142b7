import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// Copies between places of one store, which the store makes by itself.
struct ServerCopyTests {
    private static let keys = [
        "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    ]

    private func s3(_ endpoint: String, _ settings: StoreSettings = .init()) -> StoreRegistry {
        var configuration = StoreConfiguration(environment: Self.keys.merging(["AWS_ENDPOINT_URL": endpoint]) { $1 })
        configuration.settings = settings
        return StoreRegistry(configuration)
    }

    /// What was told, and how it went; of the first word of each note only whether there is one.
    private func relay(
        _ registry: StoreRegistry, _ source: String, to target: String, partSize: Int64? = nil,
        skippingExisting: Bool = false
    ) async -> (TransferReport, told: [String]) {
        var configuration = TransferConfiguration(partSize: partSize, retry: quickRetries)
        configuration.skipsExisting = skippingExisting
        let engine = TransferEngine(stores: registry, configuration: configuration)
        let told = Collected<String>()
        let report = await engine.relay([InputRequest(from: source, to: "")], to: target) {
            if case .told(_, let why) = $0 { told.add(why) }
        }
        return (report, told.all)
    }

    private static let copied = "<CopyObjectResult><ETag>\"new\"</ETag></CopyObjectResult>"

    /// One line for what the server is asked, `copy` for a copy.
    private func words(_ requests: [ScriptedHTTPServer.Request]) -> [String] {
        requests.map { $0["x-amz-copy-source"] == nil ? $0.method : "copy" }
    }

    /// By its ETag: naming the version would take s3:GetObjectVersion besides.
    @Test(arguments: [("", ""), ("?versionId=v 1", "?versionId=v%201")])
    func `S3 is told the version that is meant, and nothing passes through here`(wanted: String, named: String)
        async throws
    {
        let server = try ScriptedHTTPServer { request in
            request.method == "HEAD"
                ? [.respond(200, headers: ["ETag: \"old\"", "x-amz-version-id: v 1"], body: [])] : [.ok(Self.copied)]
        }
        defer { server.stop() }
        let (report, told) = await relay(s3(server.url), "s3://from/a b/ü\(wanted)", to: "s3://to/copy")
        #expect(report.failures == [] && told == [])
        #expect(words(server.requests) == ["HEAD", "copy"])
        let copy = try #require(server.requests.last)
        #expect(copy.method == "PUT" && copy.target == "/to/copy" && copy.body.isEmpty)
        #expect(copy["x-amz-copy-source"] == "from/a%20b/%C3%BC\(named)")
        #expect(copy["x-amz-copy-source-if-match"] == "\"old\"")
        #expect(copy["x-amz-metadata-directive"] == nil && copy["Content-Length"] == "0")
    }

    @Test(arguments: [
        (501, "<Error><Code>NotImplemented</Code></Error>"), (403, "<Error><Code>AccessDenied</Code></Error>"),
        // A server that knows no copies stores what came with the request: nothing.
        (200, ""),
    ])
    func `what S3 does not copy passes through here, and that is told`(status: Int, document: String) async throws {
        let server = try ScriptedHTTPServer { request in
            if request["x-amz-copy-source"] != nil { return [.respond(status, body: Array(document.utf8))] }
            switch request.method {
            case "HEAD": return [.bytes(Array("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 7\r\n\r\n".utf8))]
            case "GET": return [.ok("content", headers: ["ETag: \"e\""])]
            default: return [.respond(200, headers: ["ETag: \"e\""])]
            }
        }
        defer { server.stop() }
        let (report, told) = await relay(s3(server.url), "s3://from/key", to: "s3://to/key")
        #expect(report.failures == [] && told.count == 1)
        #expect(words(server.requests) == ["HEAD", "copy", "GET", "PUT"])
        #expect(server.requests.last?.body == Array("content".utf8))
    }

    @Test func `a source that changed is looked at anew, and a copy that failed after its 200 is made again`()
        async throws
    {
        let answers = [
            "<Error><Code>PreconditionFailed</Code></Error>", "<Error><Code>InternalError</Code></Error>", Self.copied,
        ]
        let count = Counter()
        let server = try ScriptedHTTPServer { request in
            guard request.method == "PUT" else { return [.respond(200, headers: ["ETag: \"e\(count.value)\""])] }
            return [.ok(answers[count.next() - 1])]
        }
        defer { server.stop() }
        let (report, told) = await relay(s3(server.url), "s3://from/key", to: "s3://to/key")
        #expect(report.failures == [] && told == [])
        #expect(words(server.requests) == ["HEAD", "copy", "HEAD", "copy", "copy"])
        #expect(server.requests.compactMap { $0["x-amz-copy-source-if-match"] } == ["\"e0\"", "\"e1\"", "\"e1\""])
    }

    @Test func `another endpoint or other keys are another store`() throws {
        let registry = s3("http://127.0.0.1:1")
        let store = try #require(try registry.resolve("s3://a/").store as? S3Store)
        #expect(store.reaches(try registry.resolve("s3://b/").store))
        for name in [StoreSettings.Name.endpoint, .profile, .region] {
            var settings = StoreSettings()
            if name == .endpoint { settings.endpoint = "http://127.0.0.1:2" }
            if name == .profile { settings.profile = "default" }
            if name == .region { settings.region = "r" }
            guard let other = try? registry.resolve("s3://a/", settings) else { continue }
            #expect(!store.reaches(other.store), "\(name)")
        }
        #expect(!store.reaches(try registry.resolve("gs://a/").store))
    }

    // MARK: - Real servers

    private func curl(_ arguments: String...) async throws -> String {
        try await output(try #require(Tool.curl.path), ["-sf", "--noproxy", "*"] + arguments)
    }

    /// Copies a prefix with a small object and one of three parts.
    private func check(_ registry: StoreRegistry, _ bucket: String, _ head: ((String) async throws -> String)? = nil)
        async throws
    {
        let folder = try TemporaryFolder("copy")
        let large = seededBytes(11 << 20)
        try folder.write("small", to: "a/small")
        try folder.write(large, to: "a/large")
        var output = OutputRequest(from: "**", to: "s3://\(bucket)/from/")
        output.settings.contentType = "text/x-test"
        output.settings.metadata = ["origin": "a test"]
        let engine = TransferEngine(stores: registry, configuration: TransferConfiguration(partSize: 5 << 20))
        #expect(await engine.store([output], from: folder.path).failures == [])
        let (report, told) = await relay(
            registry, "s3://\(bucket)/from/", to: "s3://\(bucket)/to/", partSize: 5 << 20)
        #expect(report.failures == [] && told == [] && report.files.count == 2)
        for name in ["small", "large"] {
            guard let head else { break }
            let text = try await head("to/a/\(name)").lowercased()
            #expect(text.contains("content-type: text/x-test"), "\(name): \(text)")
            #expect(text.contains("x-amz-meta-origin: a test"), "\(name): \(text)")
        }
        let back = await engine.fetch([InputRequest(from: "s3://\(bucket)/to/", to: "back/")], into: folder.path)
        #expect(back.failures == [])
        #expect(try folder.read("back/a/large") == large)
        #expect(try folder.text("back/a/small") == "small")
        let again = await relay(
            registry, "s3://\(bucket)/from/", to: "s3://\(bucket)/to/", skippingExisting: true)
        #expect(again.0.failures == [] && again.0.totals.objectsSkipped == 2)
    }

    @Test(.requires(.seaweedFS, .curl)) func `SeaweedFS copies whole and in parts`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        let registry = StoreRegistry(StoreConfiguration(environment: server.environment(.full)))
        try await check(registry, bucket) { key in try await server.head(key, from: bucket) }
    }

    @Test(.requires(.moto, .curl)) func `moto copies whole and in parts`() async throws {
        let moto = try await Moto.start()
        _ = try await curl("-X", "PUT", "\(moto.endpoint)/bucket")
        try await check(s3(moto.endpoint), "bucket")
    }

    @Test(.requires(.fakeGCS, .curl)) func `fake-gcs-server copies`() async throws {
        let server = try await FakeGCS.start()
        defer { withExtendedLifetime(server) {} }
        let registry = StoreRegistry(StoreConfiguration(environment: ["STORAGE_EMULATOR_HOST": server.endpoint]))
        let bucket = try await server.makeBucket("copies")
        let store = try registry.resolve("gs://\(bucket)/").store
        let content = seededBytes(300_000)
        for key in ["from/a b", "from/ü?#"] {
            _ = try await store.write(
                key, BytesSource(content), ObjectAttributes(contentType: "text/x-test", metadata: ["origin": "test"]))
        }
        let (report, told) = await relay(registry, "gs://\(bucket)/from/", to: "gs://\(bucket)/to/")
        #expect(report.failures == [] && told == [] && report.files.count == 2)
        let sink = BytesSink()
        _ = try await store.read("to/ü?#", range: nil, matching: nil, into: sink)
        #expect(sink.bytes == content)
        let object = try await curl("\(server.endpoint)/storage/v1/b/\(bucket)/o/to%2Fa%20b")
        #expect(object.contains("text/x-test") && object.contains("\"origin\""), "\(object)")
    }

    // MARK: - Scripted clouds

    @Test func `Google is asked until it is done, and refuses what has changed`() async throws {
        let google = ScriptedGoogle()
        google.put(Array("content".utf8), "bucket/from")
        google.rewrite(inSteps: 3)
        let server = try ScriptedHTTPServer { google.answer($0).steps }
        defer { server.stop() }
        let registry = StoreRegistry(StoreConfiguration(environment: ["STORAGE_EMULATOR_HOST": server.url]))
        let (report, told) = await relay(registry, "gs://bucket/from", to: "gs://other/to")
        #expect(report.failures == [] && told == [])
        #expect(google.objects["other/to"]?.bytes == Array("content".utf8))
        #expect(server.requests.count { $0.target.contains("/rewriteTo/") } == 3)
        let place = try registry.resolve("gs://bucket/from")
        let store = try #require(place.store as? GoogleStore)
        let source = CopySource(store: store, key: "from", info: try await store.stat("from"))
        google.put(Array("another".utf8), "bucket/from")
        let error = await failure { () throws(TransferError) in _ = try await store.copy(source, to: "late") }
        #expect(error?.reason == .changed && google.objects["bucket/late"] == nil)
    }

    @Test func `Azure is shown that the source may be read, whole and in blocks`() async throws {
        let azure = ScriptedAzure()
        let server = try ScriptedHTTPServer { azure.answer($0).steps }
        defer { server.stop() }
        let registry = StoreRegistry(
            StoreConfiguration(environment: [
                "AZURE_STORAGE_SERVICE_ENDPOINT": "\(server.url)/\(ScriptedAzure.account)",
                "AZURE_STORAGE_KEY": ScriptedAzure.keyText,
            ]))
        let base = "az://\(ScriptedAzure.account)/container/"
        let store = try registry.resolve(base).store
        let content = seededBytes(3 << 20)
        _ = try await store.write(
            "a b/ü", BytesSource(content), ObjectAttributes(contentType: "text/x", metadata: ["origin": "test"]))
        let sizes: [(String, Int64?)] = [("whole", nil), ("blocks", 1_048_576)]
        for (name, part) in sizes {
            let (report, told) = await relay(registry, "\(base)a b/ü", to: base + name, partSize: part)
            #expect(report.failures == [] && told == [], "\(name)")
            #expect(azure.blobs["container/\(name)"]?.bytes == content)
            #expect(azure.blobs["container/\(name)"]?.headers["Content-Type"] == "text/x")
            #expect(azure.blobs["container/\(name)"]?.headers["x-ms-meta-origin"] == "test")
        }
        #expect(azure.blobs["container/blocks"]?.blocks.count == 3)
        #expect(server.requests.allSatisfy { $0.method != "GET" || $0.target.contains("comp=") })
        let azureStore = try #require(store as? AzureStore)
        let source = CopySource(store: store, key: "a b/ü", info: try await store.stat("a b/ü"))
        azure.put([1], "container/a b/ü")
        let error = await failure { () throws(TransferError) in _ = try await azureStore.copy(source, to: "late") }
        #expect(error?.reason == .changed && azure.blobs["container/late"] == nil)
    }

    @Test func `the signature by which Azure may read is the one of Microsoft's own client`() {
        let query = SharedKey.signature(
            toRead: "/container/a%20b/%C3%BC%3Fx", account: "devaccount",
            key: Array("a key of the scripted account's own".utf8), at: 1_700_000_000)
        #expect(query.contains("se=2023-11-15T22%3A13%3A20Z"))
        #expect(query.hasSuffix("sig=y9dHym21qfxKlgHbtqEYSJg6E23e1%2F8n0vnIMQhrfqA%3D"))
    }
}
