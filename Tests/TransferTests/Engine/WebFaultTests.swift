import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

/// The whole path, from a socket that misbehaves to a file or a named error.
@Suite struct WebFaultTests {
    private static let content = seededBytes(300_000)
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("web") }

    private func fetch(_ server: ScriptedHTTPServer) async -> TransferReport {
        let registry = StoreRegistry(StoreConfiguration(environment: ["no_proxy": "*"]))
        let engine = TransferEngine(
            stores: registry, configuration: TransferConfiguration(partSize: 64 << 10, retry: quickRetries))
        let report = await engine.fetch([InputRequest(from: "\(server.url)/o", to: "o")], into: folder.path)
        await registry.shutdown()
        server.stop()
        return report
    }

    /// What a decent server says; `etag` as it stands.
    private static func answer(_ request: ScriptedHTTPServer.Request, etag: String = "\"1\"", ranges: Bool = true)
        -> (head: String, body: [UInt8])
    {
        guard request.method == "GET", ranges, let range = request["Range"] else {
            let accepts = ranges ? "Accept-Ranges: bytes\r\n" : ""
            let head = "HTTP/1.1 200 OK\r\nETag: \(etag)\r\n\(accepts)Content-Length: \(content.count)\r\n\r\n"
            return (head, request.method == "HEAD" ? [] : content)
        }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        let (first, last) = (bounds[0], min(bounds[1], content.count - 1))
        let head =
            "HTTP/1.1 206 Partial\r\nETag: \(etag)\r\nContent-Range: bytes \(first)-\(last)/\(content.count)\r\n"
            + "Content-Length: \(last - first + 1)\r\n\r\n"
        return (head, Array(content[first...last]))
    }

    private static func whole(_ request: ScriptedHTTPServer.Request) -> [ScriptedHTTPServer.Step] {
        let (head, body) = answer(request)
        return [.bytes(Array(head.utf8) + body)]
    }

    @Test(arguments: [ScriptedHTTPServer.Step.reset, .close])
    func `a connection lost in the middle is taken up again where it broke`(_ end: ScriptedHTTPServer.Step) async throws
    {
        let server = try ScriptedHTTPServer { request in
            guard request.method == "GET", request.sequence.isMultiple(of: 2) else { return Self.whole(request) }
            let (head, body) = Self.answer(request)
            return [.bytes(Array(head.utf8) + body.prefix(body.count / 2)), .delay(.milliseconds(5)), end]
        }
        #expect(await fetch(server).failures == [])
        #expect(try folder.read("o") == Self.content)
    }

    @Test func `a server that ignores ranges is read in one piece`() async throws {
        let server = try ScriptedHTTPServer { request in
            let (head, body) = Self.answer(request, ranges: false)
            return [.bytes(Array(head.utf8) + body)]
        }
        #expect(await fetch(server).failures == [])
        #expect(try folder.read("o") == Self.content)
    }

    @Test func `an object that changes once is begun anew`() async throws {
        let server = try ScriptedHTTPServer { request in
            let (head, body) = Self.answer(request, etag: request.sequence < 2 ? "\"old\"" : "\"new\"")
            return [.bytes(Array(head.utf8) + body)]
        }
        #expect(await fetch(server).failures == [])
        #expect(try folder.read("o") == Self.content)
    }

    @Test func `an object that changes with every answer is read in one of them`() async throws {
        let server = try ScriptedHTTPServer { request in
            let (head, body) = Self.answer(request, etag: "\"\(request.sequence)\"")
            return [.bytes(Array(head.utf8) + body)]
        }
        #expect(await fetch(server).failures == [])
        #expect(try folder.read("o") == Self.content)
        let last = try #require(server.requests.last)
        #expect(last.method == "GET" && last["Range"] == nil && last["If-Match"] == nil)
    }

    @Test func `a storm of SlowDown is waited out`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.sequence < 5 ? [.respond(503)] : Self.whole(request)
        }
        let report = await fetch(server)
        #expect(report.failures == [])
        #expect(report.totals.retries >= 5)
        #expect(try folder.read("o") == Self.content)
    }

    @Test(arguments: [(404, WorkdirProtocol.ExitCode.noInput), (403, .permission)])
    func `what is refused is not asked for again`(status: Int, code: WorkdirProtocol.ExitCode) async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(status)] }
        let report = await fetch(server)
        #expect(report.exitCode == code)
        #expect(server.requests.count <= 2)
        #expect(try folder.list() == [])
    }

    @Test func `a server that fails for ever uses up its tries`() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(500)] }
        let report = await fetch(server)
        #expect(report.exitCode == .temporary)
        #expect(report.failures.first?.message.contains("given up") == true)
    }
}
