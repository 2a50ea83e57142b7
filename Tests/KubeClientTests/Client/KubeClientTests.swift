import Basics
import HTTPTransport
import KubeModel
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// A credential that changes whenever it is refused.
private final class RenewableCredential: CredentialProvider {
    private let number = Mutex(1)

    func credential() -> Credential {
        Credential(authorization: .bearer("token-\(number.withLock { $0 })"))
    }

    func reject(_ credential: Credential) { number.withLock { $0 += 1 } }
}

private final class Observations: RequestObserver {
    private let list = Mutex<[ObservedRequest]>([])
    func observe(_ request: ObservedRequest) { list.withLock { $0.append(request) } }
    var all: [ObservedRequest] { list.withLock { $0 } }
}

/// The client against a server of raw sockets that answers by a script.
@Suite struct KubeClientTests {
    private static let get = APIRequest("GET", "/api/v1/namespaces/n/pods/p")
    private static let post = APIRequest("POST", "/api/v1/namespaces/n/pods", body: Array("{}".utf8))

    private func client(
        _ server: ScriptedHTTPServer, credentials: any CredentialProvider = FixedCredential(Credential()),
        options: KubeClientOptions = .init(
            retries: RetryPolicy(base: .milliseconds(1), cap: .milliseconds(5)), rate: nil)
    ) throws -> KubeClient {
        let address = try #require(ServerAddress(server.url, secureByDefault: false))
        return KubeClient(ClusterAccess(server: address, proxy: .none, credentials: credentials), options)
    }

    @Test func sendsWhatTheRequestSays() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("{}")] }
        defer { server.stop() }
        let access = ClusterAccess(
            server: try #require(ServerAddress(server.url + "/base", secureByDefault: false)), proxy: .none,
            impersonation: Impersonation(user: "jane", groups: ["a", "b"]),
            credentials: FixedCredential(Credential(authorization: .bearer("abc"))))
        let client = KubeClient(access)
        let answer = try await client.send(
            APIRequest(
                "PATCH", "/api/v1/namespaces/n/pods/p",
                query: [("fieldManager", "k pipe"), ("labelSelector", "a=b,c")],
                headers: ["Content-Type": "application/merge-patch+json"], body: Array("{}".utf8), accept: .protobuf))
        #expect(answer.body == Array("{}".utf8))
        let request = try #require(server.requests.first)
        #expect(request.method == "PATCH")
        #expect(
            request.target == "/base/api/v1/namespaces/n/pods/p?fieldManager=k%20pipe&labelSelector=a%3Db%2Cc")
        #expect(request["Authorization"] == "Bearer abc")
        #expect(request["Accept"] == "application/vnd.kubernetes.protobuf,application/json")
        #expect(request["Content-Type"] == "application/merge-patch+json")
        #expect(request["User-Agent"] == KubeClientOptions.standardUserAgent)
        #expect(request.headers.filter { $0.name == "Impersonate-Group" }.map(\.value) == ["a", "b"])
        #expect(request.body == Array("{}".utf8))
        await client.shutdown()
        await #expect(throws: KubeError.self) { try await client.send(Self.get) }
    }

    @Test func repeatsWhatMayBeRepeated() async throws {
        let server = try ScriptedHTTPServer { request in
            switch request.sequence {
            case 0: [.respond(429, headers: ["Retry-After: 0"])]
            // Closed, because a connection that is lost in its second exchange is libcurl's to replace.
            case 1: [.respond(500, headers: ["Connection: close"]), .close]
            case 2: [.reset]
            case 3: [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), .close]
            default: [.ok("whole")]
            }
        }
        defer { server.stop() }
        let observations = Observations()
        let client = try client(
            server,
            options: .init(
                retries: RetryPolicy(base: .milliseconds(1), cap: .milliseconds(5)), rate: nil, observer: observations))
        #expect(try await client.send(Self.get).body == Array("whole".utf8))
        #expect(server.requests.count == 5)
        #expect(observations.all.map(\.status) == [429, 500, nil, nil, 200])
        #expect(observations.all.allSatisfy { $0.verb == "get" && $0.resource == "pods" })
        await client.shutdown()
    }

    @Test(arguments: [
        (ScriptedHTTPServer.Step.respond(500), 1), (.respond(429, headers: ["Retry-After: 0"]), 8),
        (.respond(503, headers: ["Retry-After: 0"]), 8), (.reset, 1), (.respond(409), 1),
    ])
    func repeatsACreationOnlyWhenItHasNotBegun(step: ScriptedHTTPServer.Step, exchanges: Int) async throws {
        let server = try ScriptedHTTPServer { _ in [step] }
        defer { server.stop() }
        let client = try client(server)
        await #expect(throws: KubeError.self) { try await client.send(Self.post) }
        #expect(server.requests.count == exchanges)
        await client.shutdown()
    }

    @Test func waitsAsLongAsTheServerAsks() async throws {
        let server = try ScriptedHTTPServer { request in
            request.sequence == 0 ? [.respond(429, headers: ["Retry-After: 5"])] : [.ok("{}")]
        }
        defer { server.stop() }
        let clock = VirtualClock()
        let address = try #require(ServerAddress(server.url, secureByDefault: false))
        let client = KubeClient(
            ClusterAccess(server: address, proxy: .none), .init(rate: nil), time: Timepiece(clock))
        async let answer = client.send(Self.post)
        await clock.sleepers(1)
        clock.advance(by: .seconds(4))
        #expect(server.requests.count == 1)
        clock.advance(by: .seconds(2))
        _ = try await answer
        #expect(server.requests.count == 2)
        await client.shutdown()
    }

    @Test func renewsARefusedCredentialOnce() async throws {
        let server = try ScriptedHTTPServer { request in
            request["Authorization"] == "Bearer token-2" ? [.ok("{}")] : [.respond(401)]
        }
        defer { server.stop() }
        let client = try client(server, credentials: RenewableCredential())
        _ = try await client.send(Self.post)
        #expect(server.requests.map { $0["Authorization"] } == ["Bearer token-1", "Bearer token-2"])
        await client.shutdown()
    }

    @Test func takesNoForAnAnswerWhenNothingIsNew() async throws {
        let server = try ScriptedHTTPServer { _ in
            [.respond(401, body: Array(#"{"kind":"Status","message":"Unauthorized","code":401}"#.utf8))]
        }
        defer { server.stop() }
        let client = try client(
            server, credentials: FixedCredential(Credential(authorization: .bearer("very-secret-token"))))
        let error = await #expect(throws: KubeError.self) { try await client.send(Self.get) }
        #expect(server.requests.count == 1)
        #expect(error?.status == APIStatus(code: 401, reason: "Unauthorized", message: "Unauthorized"))
        #expect(error?.description == "GET /api/v1/namespaces/n/pods/p: Unauthorized")
        await client.shutdown()
    }

    @Test func streamsAsTheServerSends() async throws {
        let gate = ScriptedHTTPServer.Gate()
        let server = try ScriptedHTTPServer { _ in
            [
                .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"), .wait(gate),
                .send("3\r\ntwo\r\n0\r\n\r\n"),
            ]
        }
        defer { server.stop() }
        let client = try client(server)
        let stream = try await client.open(Self.get)
        var reader = stream.makeAsyncIterator()
        #expect(try await reader.next() == Array("one".utf8))
        gate.open()
        #expect(try await reader.next() == Array("two".utf8))
        #expect(try await reader.next() == nil)
        await client.shutdown()
    }

    @Test func saysWhenAStreamBreaksOff() async throws {
        let server = try ScriptedHTTPServer { _ in
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"), .reset]
        }
        defer { server.stop() }
        let client = try client(server)
        let stream = try await client.open(Self.get)
        var reader = stream.makeAsyncIterator()
        let error = await #expect(throws: KubeError.self) { while try await reader.next() != nil {} }
        #expect(error?.isTransient == true)
        await client.shutdown()
    }

    @Test func opensOnceWithTheRefusalsText() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(503, body: Array("etcd is away".utf8))] }
        defer { server.stop() }
        let client = try client(server)
        let error = await #expect(throws: KubeError.self) { try await client.open(Self.get) }
        #expect(error?.status?.message == "HTTP 503: etcd is away")
        #expect(server.requests.count == 1)
        await client.shutdown()
    }

    @Test func isNeverFasterThanAllowed() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("{}")] }
        defer { server.stop() }
        let clock = VirtualClock()
        let address = try #require(ServerAddress(server.url, secureByDefault: false))
        let client = KubeClient(
            ClusterAccess(server: address, proxy: .none), .init(rate: 2, burst: 3), time: Timepiece(clock))
        for _ in 0..<3 { _ = try await client.send(Self.get) }
        async let fourth = client.send(Self.get)
        await clock.sleepers(1)
        #expect(server.requests.count == 3)
        clock.advance(by: .milliseconds(500))
        _ = try await fourth
        #expect(server.requests.count == 4)
        await client.shutdown()
    }

    /// What keeps this process in its place does not wait for hundreds of others that a slow server holds.
    @Test func letsTheUrgentPass() async throws {
        let server = try ScriptedHTTPServer { $0.target.hasSuffix("/lease") ? [.ok("{}")] : [.stall] }
        defer { server.stop() }
        let client = try client(server, options: .init(retries: .never, rate: 0.001, burst: 1, concurrency: 1))
        let held = Task { try await client.send(Self.get) }
        try await eventually("the request to arrive") { server.requests.count == 1 }
        var lease = APIRequest("GET", "/lease")
        lease.isUrgent = true
        lease.timeouts.total = .seconds(60)
        _ = try await client.send(lease)
        #expect(server.requests.count == 2)
        held.cancel()
        _ = await held.result
        await client.shutdown()
    }

    /// A sign-in or a notice that answers 200 in the server's place has done nothing of what was asked.
    @Test(arguments: [
        ("PATCH", "/api/v1/namespaces/n/pods/p", "text/html; charset=utf-8", 1), ("GET", "/version", "Text/HTML", 8),
        ("GET", "/api/v1/namespaces/n/pods/p:80/proxy/x", "text/html", 0), ("GET", "/healthz", "text/plain", 0),
    ])
    func takesNoPageForAnAnswer(method: String, path: String, type: String, exchanges: Int) async throws {
        let server = try ScriptedHTTPServer { _ in
            [.ok("<html><title>Sign in</title></html>", headers: ["Content-Type: \(type)"])]
        }
        defer { server.stop() }
        let client = try client(server)
        for isStreamed in [false, true] {
            do throws(KubeError) {
                if isStreamed {
                    _ = try await client.open(APIRequest(method, path))
                } else {
                    _ = try await client.send(APIRequest(method, path))
                    #expect(exchanges == 0)
                }
            } catch {
                #expect(error.isTransient && exchanges > 0)
                #expect(
                    error.status?.message == "HTTP 200, and a web page in the API server's place: Sign in")
            }
            if !isStreamed { #expect(server.requests.count == max(exchanges, 1)) }
        }
        await client.shutdown()
    }

    @Test func endsWhenItsTaskDoes() async throws {
        let server = try ScriptedHTTPServer { _ in [.stall] }
        defer { server.stop() }
        let client = try client(server)
        let task = Task { try await client.send(Self.get) }
        try await eventually("the request to arrive") { server.requests.count == 1 }
        task.cancel()
        let error = await #expect(throws: KubeError.self) { try await task.value }
        guard case .cancelled? = error?.reason else { throw Unexpected("\(String(describing: error))") }
        await client.shutdown()
    }
}
