import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// Directory buckets: S3 Express One Zone.
struct S3ExpressTests {
    @Test(
        arguments: [
            ("logs--usw2-az1--x-s3", "usw2-az1"), ("a--b--euc1-az2--x-s3", "euc1-az2"), ("logs--x-s3", nil),
            ("--usw2-az1--x-s3", nil), ("logs----x-s3", nil), ("logs", nil), ("logs--usw2-az1--x-s3x", nil),
        ] as [(String, String?)])
    func `a directory bucket tells its zone`(bucket: String, zone: String?) {
        #expect(S3Express.zone(of: bucket).map(String.init) == zone)
    }

    @Test(arguments: [
        (false, false, "s3express-usw2-az1.us-west-2.amazonaws.com"),
        (true, false, "s3express-fips-usw2-az1.us-west-2.amazonaws.com"),
        (false, true, "s3express-usw2-az1.dualstack.us-west-2.amazonaws.com"),
        (true, true, "s3express-fips-usw2-az1.dualstack.us-west-2.amazonaws.com"),
    ])
    func `it has a host of its own`(fips: Bool, dualStack: Bool, host: String) {
        let endpoint = S3Endpoint.aws(
            region: "us-west-2", bucket: "logs--usw2-az1--x-s3", pathStyle: true, fips: fips, dualStack: dualStack)
        #expect(endpoint.origin.host == "logs--usw2-az1--x-s3.\(host)")
        #expect(endpoint.path(of: "a/b") == "/a/b")
    }

    private static func session(_ number: Int) -> String {
        "<CreateSessionResult><Credentials><SessionToken>session\(number)</SessionToken><SecretAccessKey>s</SecretAccessKey>"
            + "<AccessKeyId>SESSION\(number)</AccessKeyId><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            + "</CreateSessionResult>"
    }

    private func open(
        _ bucket: String = "logs--usw2-az1--x-s3", _ more: [String: String] = [:],
        _ answer: @escaping ScriptedS3.Answer
    ) throws -> (ScriptedHTTPServer, any ObjectStore) {
        let server = try ScriptedHTTPServer(answer)
        let environment = [
            "AWS_ACCESS_KEY_ID": "BASE", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "base-token",
            "AWS_ENDPOINT_URL": server.url, "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ].merging(more) { $1 }
        let registry = StoreRegistry(StoreConfiguration(environment: environment))
        return (server, try registry.resolve("s3://\(bucket)/").store)
    }

    @Test func `a session is opened once, signs what follows, and is opened anew when it has ended`() async throws {
        let sessions = Counter()
        let (server, store) = try open { request in
            if request.target.contains("session=") { return [.ok(Self.session(sessions.next()))] }
            if request["x-amz-s3session-token"] == "session1", request.target.hasSuffix("/late") {
                return ScriptedS3.error(400, "ExpiredToken")
            }
            return [.ok("content", headers: ["ETag: \"e\""])]
        }
        defer { server.stop() }
        for key in ["a", "b", "late"] {
            let sink = BytesSink()
            _ = try await store.read(key, range: nil, matching: nil, into: sink)
            #expect(sink.text == "content")
        }
        let requests = server.requests
        #expect(requests.map { $0.target.contains("session=") } == [true, false, false, false, true, false])
        for request in requests {
            let opens = request.target.contains("session=")
            #expect(request["Authorization"]?.contains("/s3express/aws4_request") == true)
            #expect(request["Authorization"]?.contains(opens ? "Credential=BASE/" : "Credential=SESSION") == true)
            #expect(request["X-Amz-Security-Token"] == (opens ? "base-token" : nil))
            #expect((request["x-amz-s3session-token"] != nil) != opens)
            #expect(request["Authorization"]?.contains("x-amz-s3session-token") == !opens)
            #expect(request["x-amz-create-session-mode"] == (opens ? "ReadWrite" : nil))
        }
    }

    @Test func `who may only read gets a session to read`() async throws {
        let (server, store) = try open { request in
            switch request["x-amz-create-session-mode"] {
            case "ReadWrite": ScriptedS3.error(403, "AccessDenied")
            case "ReadOnly": [.ok(Self.session(1))]
            default: [.ok("x", headers: ["ETag: \"e\""])]
            }
        }
        defer { server.stop() }
        _ = try await store.read("a", range: nil, matching: nil, into: BytesSink())
        #expect(server.requests.map { $0["x-amz-create-session-mode"] } == ["ReadWrite", "ReadOnly", nil])
    }

    @Test func `it lists by folders alone, and what else was asked for is chosen here`() async throws {
        let (server, store) = try open { request in
            if request.target.contains("session=") { return [.ok(Self.session(1))] }
            return [
                .ok(
                    "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>run/part-2</Key><Size>1</Size>"
                        + "</Contents><Contents><Key>run/other</Key><Size>1</Size></Contents><Contents><Key>run/part-1"
                        + "</Key><Size>1</Size></Contents></ListBucketResult>")
            ]
        }
        defer { server.stop() }
        #expect(
            try await store.list(prefix: "run/part-", after: nil).objects.map(\.key) == ["run/part-2", "run/part-1"])
        #expect(
            server.requests.last?.target.hasSuffix("prefix=run%2F") == true, "\(server.requests.last?.target ?? "")")
    }

    @Test(arguments: [
        ("logs", [:]), ("logs--usw2-az1--x-s3", ["AWS_S3_DISABLE_EXPRESS_SESSION_AUTH": "true"]),
    ])
    func `other buckets, and who wants none, have no sessions`(bucket: String, more: [String: String]) async throws {
        let (server, store) = try open(bucket, more) { _ in [.ok("x", headers: ["ETag: \"e\""])] }
        defer { server.stop() }
        _ = try await store.read("a", range: nil, matching: nil, into: BytesSink())
        #expect(server.requests.count == 1 && server.requests[0]["X-Amz-Security-Token"] == "base-token")
    }

    @Test func `a copy into it is signed by the keys, not by a session`() async throws {
        let (server, store) = try open { request in
            if request.target.contains("session=") { return [.ok(Self.session(1))] }
            return [.ok("<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>")]
        }
        defer { server.stop() }
        let copying = try #require(store as? S3Store)
        let info = ObjectInfo(key: "from", size: 1, etag: "\"e\"")
        _ = try await copying.copy(CopySource(store: store, key: "from", info: info), to: "to")
        #expect(server.requests.map { $0["x-amz-s3session-token"] } == [nil])
        #expect(server.requests.map { $0["X-Amz-Security-Token"] } == ["base-token"])
    }
}
