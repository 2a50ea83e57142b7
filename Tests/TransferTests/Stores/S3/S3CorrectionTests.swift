import TestSupport
import Testing

@testable import Transfer

/// What the store corrects by itself, once a request: region, clock, credentials.
struct S3CorrectionTests {
    private func read(_ store: S3Store) async throws -> String {
        let sink = BytesSink()
        _ = try await store.read("key", range: nil, matching: nil, into: sink)
        return sink.text
    }

    @Test(arguments: [
        (301, "PermanentRedirect", "x-amz-bucket-region: eu-west-3", ""),
        (400, "AuthorizationHeaderMalformed", "X-Other: 1", "<Region>eu-west-3</Region>"),
    ])
    func `another region is taken from the answer and kept`(status: Int, code: String, header: String, more: String)
        async throws
    {
        let s3 = try ScriptedS3 { request in
            request["Authorization"]?.contains("/eu-west-3/s3/") == true
                ? [.ok("found")] : ScriptedS3.error(status, code, headers: [header], more: more)
        }
        defer { s3.server.stop() }
        #expect(try await read(s3.store) == "found")
        #expect(try await read(s3.store) == "found")
        #expect(s3.server.requests.count == 3)
    }

    @Test func `another region is taken from the answer to a HEAD, which has no words`() async throws {
        let s3 = try ScriptedS3 { request in
            request["Authorization"]?.contains("/eu-west-3/s3/") == true
                ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")]
                : [.send("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\nx-amz-bucket-region: eu-west-3\r\n\r\n")]
        }
        defer { s3.server.stop() }
        #expect(try await s3.store.stat("key").size == 7)
    }

    @Test func `a region that stays wrong ends the attempt`() async throws {
        let s3 = try ScriptedS3 { request in
            ScriptedS3.error(
                301, "PermanentRedirect", headers: ["x-amz-bucket-region: region-\(request.sequence)"])
        }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in _ = try await s3.store.stat("key") }
        #expect(error?.reason == .configuration)
        #expect(s3.server.requests.count == 2)
    }

    @Test func `expired credentials are fetched anew once`() async throws {
        let s3 = try ScriptedS3 { request in
            request["x-amz-security-token"] == "token2" ? [.ok("found")] : ScriptedS3.error(400, "ExpiredToken")
        }
        defer { s3.server.stop() }
        #expect(try await read(s3.store) == "found")
        #expect(s3.keys.fetches == 2)
    }

    @Test(arguments: [(400, "ExpiredToken"), (403, "InvalidAccessKeyId")])
    func `keys that were replaced in their file are read anew`(status: Int, code: String) async throws {
        let server = try ScriptedHTTPServer { request in
            request["Authorization"]?.contains("Credential=SECOND/") == true
                ? [.ok("found", headers: ["ETag: \"e\""])] : ScriptedS3.error(status, code)
        }
        defer { server.stop() }
        let folder = try TemporaryFolder("keys")
        func keys(_ id: String) -> String { "[default]\naws_access_key_id=\(id)\naws_secret_access_key=s\n" }
        let registry = StoreRegistry(
            StoreConfiguration(environment: [
                "AWS_SHARED_CREDENTIALS_FILE": try folder.write(keys("FIRST"), to: "credentials"),
                "AWS_CONFIG_FILE": "/dev/null", "AWS_ENDPOINT_URL": server.url,
            ]))
        let store = try registry.resolve("s3://bucket/").store
        let refused = await failure { () throws(TransferError) in _ = try await store.stat("key") }
        #expect(refused?.reason == .credentials)
        try folder.write(keys("SECOND"), to: "credentials")
        #expect(try await store.read("key", range: nil, matching: nil, into: BytesSink()).size == 5)
    }

    @Test func `credentials that stay refused are an error that names no secret`() async throws {
        let s3 = try ScriptedS3 { _ in ScriptedS3.error(400, "ExpiredToken") }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.list(prefix: "", after: nil)
        }
        #expect(error?.reason == .credentials)
        #expect(error?.description.contains("secret") == false)
        #expect(error?.description.contains("token2") == false)
        #expect(s3.server.requests.count == 2)
    }

    @Test func `credentials refreshed in mid-transfer: the body is sent again from its start`() async throws {
        let s3 = try ScriptedS3 { request in
            request["x-amz-security-token"] == "token2" && request.body == Array("content".utf8)
                ? [.respond(200, headers: ["ETag: \"e\""])] : ScriptedS3.error(400, "ExpiredToken")
        }
        defer { s3.server.stop() }
        let info = try await s3.store.write("key", BytesSource("content"), ObjectAttributes())
        #expect(info.etag == "\"e\"")
    }

    @Test func `a clock that is wrong is corrected from the server's Date`() async throws {
        // 2023-11-14T22:13:20Z is the client's time; the server is an hour ahead.
        let s3 = try ScriptedS3 { request in
            request["x-amz-date"]?.hasPrefix("20231114T231320") == true
                ? [.ok("found")]
                : ScriptedS3.error(
                    403, "RequestTimeTooSkewed", headers: ["Date: Tue, 14 Nov 2023 23:13:20 GMT"])
        }
        defer { s3.server.stop() }
        #expect(try await read(s3.store) == "found")
        #expect(s3.clock.now() == 1_700_003_600)
    }

    @Test func `a HEAD refused without words is asked again with words`() async throws {
        let s3 = try ScriptedS3 { request in
            guard request["x-amz-security-token"] == "token2" else {
                return request.method == "HEAD"
                    ? [.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .close] : ScriptedS3.error(400, "ExpiredToken")
            }
            return request.method == "HEAD"
                ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: \"e\"\r\n\r\n")]
                : [.respond(206, headers: ["Content-Range: bytes 0-0/7"], body: [1])]
        }
        defer { s3.server.stop() }
        #expect(try await s3.store.stat("key").size == 7)
    }

    @Test func `corrections are tried once each`() {
        var expired = S3Failure(status: 400, code: "ExpiredToken")
        var recovery = S3Recovery()
        #expect(recovery.correction(for: expired, region: "a", now: 0) == .credentials)
        #expect(recovery.correction(for: expired, region: "a", now: 0) == nil)
        expired.code = "RequestTimeTooSkewed"
        #expect(recovery.correction(for: expired, region: "a", now: 0) == nil)
        expired.serverTime = 99
        #expect(recovery.correction(for: expired, region: "a", now: 9) == .clock(99))
        #expect(recovery.correction(for: expired, region: "a", now: 9) == nil)
        var elsewhere = S3Failure(status: 301, code: "PermanentRedirect")
        #expect(recovery.correction(for: elsewhere, region: "a", now: 0) == nil)
        elsewhere.region = "a"
        #expect(recovery.correction(for: elsewhere, region: "a", now: 0) == nil)
        elsewhere.region = "b"
        #expect(recovery.correction(for: elsewhere, region: "a", now: 0) == .region("b"))
        elsewhere.region = "a"
        #expect(recovery.correction(for: elsewhere, region: "b", now: 0) == nil)
        var fresh = S3Recovery()
        #expect(fresh.correction(for: S3Failure(status: 403, code: "AccessDenied"), region: "a", now: 0) == nil)
    }
}
