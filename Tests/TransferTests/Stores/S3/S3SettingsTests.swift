import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// What users of S3 say beside a URL: each field does what it says.
struct S3SettingsTests {
    private static let keys = [
        "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    ]

    private func curl(_ arguments: String...) async throws -> String {
        try await output(try #require(Tool.curl.path), ["-sf", "--noproxy", "*"] + arguments)
    }

    @Test(.requires(.moto, .curl)) func `what is said of objects that are stored is stored with them`() async throws {
        let moto = try await Moto.start()
        _ = try await curl("-X", "PUT", "\(moto.endpoint)/bucket")
        let registry = StoreRegistry(
            StoreConfiguration(environment: Self.keys.merging(["AWS_ENDPOINT_URL": moto.endpoint]) { $1 }))
        let folder = try TemporaryFolder("settings")
        try folder.write("small", to: "small")
        try folder.write(seededBytes(6 << 20), to: "large")
        var output = OutputRequest(from: "*", to: "s3://bucket/o/")
        output.settings.storageClass = "STANDARD_IA"
        output.settings.encryption = "aws:kms"
        output.settings.kmsKey = "my-key"
        output.settings.acl = "public-read"
        output.settings.tags = ["team": "a b", "cost": "7+8=15"]
        output.settings.contentType = "text/x-test"
        output.settings.metadata = ["origin": "a test"]
        let engine = TransferEngine(stores: registry, configuration: TransferConfiguration(partSize: 5 << 20))
        let report = await engine.store([output], from: folder.path)
        #expect(report.failures == [])
        for name in ["small", "large"] {
            let url = "\(moto.endpoint)/bucket/o/\(name)"
            let head = try await curl("-I", url).lowercased()
            for line in [
                "x-amz-storage-class: standard_ia", "x-amz-server-side-encryption: aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id: my-key", "content-type: text/x-test",
                "x-amz-meta-origin: a test",
            ] { #expect(head.contains(line), "\(name): \(line) in \(head)") }
            let tags = try await curl("\(url)?tagging")
            #expect(tags.contains("<Key>team</Key><Value>a b</Value>") || tags.contains("a b"), "\(tags)")
            #expect(tags.contains("7+8=15"), "\(tags)")
            #expect(try await curl("\(url)?acl").contains("AllUsers"))
        }
    }

    @Test(.requires(.moto, .curl)) func `a version is read, alone, and never stored`() async throws {
        let moto = try await Moto.start()
        _ = try await curl("-X", "PUT", "\(moto.endpoint)/bucket")
        let on = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        _ = try await curl(
            "-X", "PUT", "-H", "Content-Type: application/xml", "\(moto.endpoint)/bucket?versioning", "-d", on)
        let registry = StoreRegistry(
            StoreConfiguration(environment: Self.keys.merging(["AWS_ENDPOINT_URL": moto.endpoint]) { $1 }))
        let store = try registry.resolve("s3://bucket/").store
        let first = try await store.write("k", BytesSource("first"), ObjectAttributes())
        _ = try await store.write("k", BytesSource("second"), ObjectAttributes())
        let version = try #require(first.versionID)
        let folder = try TemporaryFolder("versions")
        let engine = TransferEngine(stores: registry)
        let told = Collected<String>()
        let report = await engine.fetch(
            [
                InputRequest(from: "s3://bucket/k?versionId=\(version)", to: "old"),
                InputRequest(from: "s3://bucket/k", to: "new"),
            ], into: folder.path
        ) { if case .finished(let file) = $0 { told.add(file.url) } }
        #expect(report.failures == [])
        #expect(try folder.text("old") == "first" && folder.text("new") == "second")
        #expect(told.all == ["s3://bucket/k", "s3://bucket/k"])
        let pinned = try registry.resolve("s3://bucket/k?versionId=\(version)").store
        for attempt in 0..<2 {
            let error = await failure { () throws(TransferError) in
                if attempt == 0 {
                    _ = try await pinned.write("k", BytesSource("x"), ObjectAttributes())
                } else {
                    _ = try await pinned.list(prefix: "", after: nil)
                }
            }
            #expect(error?.reason == .configuration)
        }
        let missing = await failure { () throws(TransferError) in
            let gone = try registry.resolve("s3://bucket/k?versionId=\(String(repeating: "0", count: 36))")
            _ = try await gone.store.stat(gone.key)
        }
        #expect(missing?.reason == .notFound)
    }

    /// SeaweedFS and others keep no versions unless they are told to, and do not say so.
    @Test(arguments: [nil, "another"]) func `what is there now is not passed off for a version`(answered: String?)
        async throws
    {
        let server = try ScriptedHTTPServer { request in
            ScriptedAnswer(
                200, headers: ["ETag: \"1\""] + (answered.map { ["x-amz-version-id: \($0)"] } ?? []),
                request.method == "HEAD" ? [] : [65], length: 1
            ).steps
        }
        defer { server.stop() }
        let registry = StoreRegistry(
            StoreConfiguration(environment: Self.keys.merging(["AWS_ENDPOINT_URL": server.url]) { $1 }))
        let folder = try TemporaryFolder("version")
        let report = await TransferEngine(stores: registry).fetch(
            [InputRequest(from: "s3://bucket/k?versionId=v1", to: "old")], into: folder["in"])
        #expect(report.failures.map(\.reason) == [.notFound])
        #expect(report.failures.first?.message.contains(answered ?? "without a version") == true)
        #expect(!folder.exists("in/old"))
    }

    @Test func `places of one run have their own endpoints, regions, credentials and payers`() async throws {
        let servers = try (0..<3).map { index in
            try ScriptedHTTPServer { request in
                let body = Array("from \(index)".utf8)
                return ScriptedAnswer(200, request.method == "HEAD" ? [] : body, length: body.count).steps
            }
        }
        defer { for server in servers { server.stop() } }
        let folder = try TemporaryFolder("places")
        let shared = try folder.write(
            "[other]\naws_access_key_id = OTHER\naws_secret_access_key = S\n", to: "credentials")
        let environment = Self.keys.merging(
            ["AWS_ENDPOINT_URL": servers[0].url, "AWS_SHARED_CREDENTIALS_FILE": shared, "AWS_REGION": "eu-west-1"]) {
                $1
            }
        let registry = StoreRegistry(StoreConfiguration(environment: environment))
        var inputs = (0..<3).map { InputRequest(from: "s3://bucket/\($0)", to: "in/\($0)") }
        inputs[1].settings.endpoint = servers[1].url
        inputs[1].settings.profile = "other"
        inputs[1].settings.region = "ap-south-1"
        inputs[1].settings.requesterPays = true
        inputs[2].settings.endpoint = servers[2].url
        inputs[2].settings.anonymous = true
        let report = await TransferEngine(stores: registry).fetch(inputs, into: folder.path)
        #expect(report.failures == [])
        for index in 0..<3 { #expect(try folder.text("in/\(index)") == "from \(index)") }
        let asked = servers.map { $0.requests.first }
        #expect(asked[0]?["Authorization"]?.contains("Credential=A/") == true)
        #expect(asked[0]?["Authorization"]?.contains("/eu-west-1/") == true)
        #expect(asked[0]?["x-amz-request-payer"] == nil)
        #expect(asked[1]?["Authorization"]?.contains("Credential=OTHER/") == true)
        #expect(asked[1]?["Authorization"]?.contains("/ap-south-1/") == true)
        #expect(asked[1]?["x-amz-request-payer"] == "requester")
        #expect(asked[2].map { $0["Authorization"] == nil } == true)
    }

    @Test func `a customer's key goes with every request for the object, and over nothing but TLS`() async throws {
        let folder = try TemporaryFolder("customer")
        let key = Array(0..<32).map { UInt8($0) }
        let text = Data(key).base64EncodedString()
        try folder.write(key, to: "raw")
        try folder.write(text + "\n", to: "text")
        let server = try ScriptedHTTPServer { request in
            request.target.contains("?uploads")
                ? [.ok("<R><UploadId>u</UploadId></R>")] : [.respond(200, headers: ["ETag: \"x\""])]
        }
        defer { server.stop() }
        for file in ["raw", "text"] {
            var settings = StoreSettings()
            settings.customerKeyFile = folder[file]
            settings.endpoint = server.url
            let store = try StoreRegistry(StoreConfiguration(environment: Self.keys)).resolve("s3://bucket/", settings)
                .store
            _ = try await store.write("k", BytesSource("x"), ObjectAttributes())
            _ = try await store.stat("k")
            _ = try await store.beginMultipart("k", ObjectAttributes()).part(1, BytesSource("x"), checksum: nil)
        }
        #expect(server.requests.count == 8)
        for request in server.requests {
            #expect(request["x-amz-server-side-encryption-customer-algorithm"] == "AES256")
            #expect(request["x-amz-server-side-encryption-customer-key"] == text)
            #expect(request["x-amz-server-side-encryption-customer-key-MD5"] == MessageDigest.md5(key).base64)
        }
        try folder.write("short", to: "short")
        for (file, endpoint) in [("raw", "http://remote.example"), ("short", server.url), ("none", server.url)] {
            var settings = StoreSettings()
            settings.customerKeyFile = folder[file]
            settings.endpoint = endpoint
            let error = await failure { () throws(TransferError) in
                let registry = StoreRegistry(StoreConfiguration(environment: Self.keys))
                _ = try await registry.resolve("s3://bucket/", settings).store.stat("k")
            }
            #expect(error?.reason == .configuration)
            #expect(error.map { !"\($0)".contains(text) } == true)
        }
    }

    @Test(arguments: [
        (false, false, [:], "https://b.s3.eu-west-1.amazonaws.com"),
        (true, false, [:], "https://b.s3-fips.eu-west-1.amazonaws.com"),
        (false, true, [:], "https://b.s3.dualstack.eu-west-1.amazonaws.com"),
        (true, true, [:], "https://b.s3-fips.dualstack.eu-west-1.amazonaws.com"),
        (false, false, ["AWS_USE_FIPS_ENDPOINT": "true"], "https://b.s3-fips.eu-west-1.amazonaws.com"),
    ])
    func `FIPS and dual stack`(fips: Bool, dualStack: Bool, environment: [String: String], url: String) throws {
        var configuration = StoreConfiguration(environment: environment)
        configuration.settings.fips = fips
        configuration.settings.dualStack = dualStack
        let profiles = AWSProfiles(config: "", credentials: "", name: nil)
        let endpoint = try S3Settings(configuration, profiles: profiles).endpoint(bucket: "b", region: "eu-west-1")
        #expect(endpoint.origin.text == url)
        let profile = AWSProfiles(
            config: "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n", credentials: "", name: nil)
        let chosen = try S3Settings(StoreConfiguration(environment: [:]), profiles: profile)
        #expect(chosen.fips && chosen.dualStack)
    }

    @Test func `what a store does not know is named`() {
        var settings = StoreSettings()
        settings.acl = "private"
        #expect(settings.unknown(at: "s3://b/k") == nil)
        #expect(settings.unknown(at: "gs://b/k") == .acl)
        #expect(settings.unknown(at: "az://a/c/k") == .acl)
        #expect(settings.unknown(at: "https://h/k") == .acl)
        #expect(settings.unknown(at: "/path") == .acl)
        #expect(settings.contradiction(at: "s3://b/k") == nil)
        settings.kmsKey = "k"
        #expect(settings.contradiction(at: "s3://b/k")?.0 == .kmsKey)
        settings.encryption = "aws:kms"
        #expect(settings.contradiction(at: "s3://b/k") == nil)
        settings.customerKeyFile = "/f"
        #expect(settings.contradiction(at: "s3://b/k")?.0 == .customerKeyFile)
        var described = StoreSettings()
        described.metadata = ["note": "grün"]
        #expect(described.contradiction(at: "az://a/c/k")?.0 == .metadata)
        for url in ["s3://b/k", "gs://b/k"] { #expect(described.contradiction(at: url) == nil) }
        described.metadata = ["note": "green"]
        #expect(described.contradiction(at: "az://a/c/k") == nil)
        for name in ["", "a b", "a\nb", "grün", "a:b"] {
            described.metadata = ["note": "green", name: "x"]
            for url in ["s3://b/k", "gs://b/k", "az://a/c/k"] {
                #expect(described.contradiction(at: url)?.0 == .metadata, "\(name)")
            }
        }
    }
}
