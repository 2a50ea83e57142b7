import Glibc
import TestSupport
import Testing

@testable import HTTPServer

/// Callers that take all they can get, and a probe from elsewhere that must be answered all the same.
@Suite(.serialized) struct CrowdTests {
    /// Answers a probe, as the kubelet sends it, from another address than the crowd's.
    private func probe(_ port: Int, from address: String = "127.0.0.2") throws -> Duration {
        let start = ContinuousClock.now
        let client = try RawClient(port: port, from: address)
        client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(client.receive(limit: .seconds(10))?.hasSuffix("ok\n") == true)
        return ContinuousClock.now - start
    }

    private func serving(_ body: (WebServer) async throws -> Void) async throws {
        let server = try await WebServer.start(port: 0) { _ in .text("ok") }
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    static let silences = ["", "GET /heal", "GET /healthz HTTP/1.1\r\n\r\n"]

    @Test(arguments: [64, 512], silences)
    func `slow connections from one address leave the probe its place`(count: Int, sends: String) async throws {
        try await serving { server in
            let crowd = try (0..<count).map { _ in
                let client = try RawClient(port: server.port)
                client.send(sends)
                return client
            }
            let times = try (0..<5).map { _ in try probe(server.port) }
            #expect(times.sorted()[2] < .seconds(1))
            // Nor does it push anybody out who has a place.
            #expect(crowd.last?.receive(limit: .milliseconds(1)) != "")
        }
    }

    @Test func `slow connections from many addresses give way to the probe`() async throws {
        try await serving { server in
            let crowd = try (0..<256).map { try RawClient(port: server.port, from: "127.0.1.\($0 % 64 + 1)") }
            let times = try (0..<5).map { _ in try probe(server.port) }
            #expect(times.sorted()[2] < .seconds(1))
            withExtendedLifetime(crowd) {}
        }
    }

    @Test func `connections opened again and again let the probe through`() async throws {
        try await serving { server in
            let port = server.port
            try await withThrowingTaskGroup(of: Void.self) { group in
                for attacker in 0..<4 {
                    group.addTask {
                        var open: [RawClient] = []
                        for _ in 0..<600 {
                            open.append(try RawClient(port: port, from: "127.0.1.\(attacker + 1)"))
                            if open.count == 64 { open.removeAll() }
                            if open.count % 16 == 0 { await Task.yield() }
                        }
                    }
                }
                for _ in 0..<20 {
                    #expect(try probe(port) < .seconds(5))
                    await Task.yield()
                }
                try await group.waitForAll()
            }
        }
    }
}
