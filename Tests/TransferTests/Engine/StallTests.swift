import HTTPTransport
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

/// Connections on which too little or nothing moves, through the whole engine.
@Suite struct StallTests {
    private static let content = seededBytes(200_000)
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("stall") }

    /// - Parameter body: what follows a head that promises all of the stretch asked for.
    private static func server(
        _ body: @escaping @Sendable (_ number: Int, ArraySlice<UInt8>) -> [ScriptedHTTPServer.Step]
    ) throws -> ScriptedHTTPServer {
        try ScriptedHTTPServer { request in
            var stretch = content[...]
            var head = "HTTP/1.1 200 OK\r\n"
            if let range = request["Range"] {
                let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
                stretch = content[bounds[0]...bounds[1]]
                head = "HTTP/1.1 206 Partial\r\nContent-Range: bytes \(bounds[0])-\(bounds[1])/\(content.count)\r\n"
            }
            head += "ETag: \"1\"\r\nAccept-Ranges: bytes\r\nContent-Length: \(stretch.count)\r\n\r\n"
            return request.method == "HEAD" ? [.send(head)] : [.send(head)] + body(request.sequence, stretch)
        }
    }

    private func fetch(_ server: ScriptedHTTPServer, budget: Int = 100) async -> TransferReport {
        var configuration = StoreConfiguration(environment: ["no_proxy": "*"])
        configuration.timeouts = HTTPTimeouts(
            firstByte: .seconds(1), stall: .milliseconds(500), minimumRate: 20_000)
        let registry = StoreRegistry(configuration)
        var retry = quickRetries
        retry.budget = budget
        let engine = TransferEngine(stores: registry, configuration: TransferConfiguration(retry: retry))
        let report = await engine.fetch([InputRequest(from: "\(server.url)/o", to: "o")], into: folder.path)
        await registry.shutdown()
        server.stop()
        return report
    }

    @Test func `a server that stops in mid-body is asked for the rest`() async throws {
        let server = try Self.server { number, stretch in
            number == 1 ? [.bytes(Array(stretch.prefix(120_000))), .stall] : [.bytes(Array(stretch))]
        }
        let report = await fetch(server)
        #expect(report.failures == [])
        #expect(try folder.read("o") == Self.content)
        #expect(server.requests.contains { $0["Range"] == "bytes=120000-199999" })
        #expect(report.totals.retries >= 1)
    }

    /// Each try gets a little further, so it is the budget of all that ends it.
    @Test func `a server slower than the minimum uses up the budget`() async throws {
        let server = try Self.server { _, stretch in
            [.trickle(Array(stretch), piece: 10, every: .milliseconds(10))]
        }
        let report = await fetch(server, budget: 2)
        #expect(report.exitCode == .temporary)
        #expect(try folder.list() == [])
    }

    @Test func `a server that is slow, but not too slow, is waited for`() async throws {
        let server = try Self.server { _, stretch in
            [.trickle(Array(stretch), piece: 20_000, every: .milliseconds(50))]
        }
        let report = await fetch(server)
        #expect(report.failures == [])
        #expect(try folder.read("o") == Self.content)
    }

    @Test func `a server that never answers is given up on`() async throws {
        let server = try ScriptedHTTPServer { _ in [.stall] }
        let report = await fetch(server, budget: 1)
        #expect(report.exitCode == .temporary)
        #expect(report.failures.first?.message.contains("given up") == true)
    }
}
