import FakeKube
import TestSupport
import Testing

@Suite(.requires(.python)) struct PortForwardTests {
    @Test func aPortLeadsToThisMachine() async throws {
        let other = try await FakeAPIServer.start()
        let server = try await Self.server(ports: [15020: other.port])
        // What answers there is HTTP, and takes a greeting for a broken request.
        let said = try await Self.forward(server, "ports=15020")
        #expect(said.starts(with: ["HTTP/1.1 101 Switching Protocols", #"0 b'\xac:'"#, #"1 b'\xac:'"#]), "\(said)")
        #expect(said.contains { $0.hasPrefix("0 b'HTTP/1.1 400 ") }, "\(said)")
        #expect(said.last == "close")
    }

    @Test func aPortThatNobodyListensOnIsAnError() async throws {
        let said = try await Self.forward(Self.server(ports: [:]), "ports=80")
        #expect(said.contains { $0.hasPrefix("1 b'an error occurred forwarding 80 -> 80: ") }, "\(said)")
        #expect(said.last == "close")
    }

    private static func server(ports: [Int: Int]) async throws -> FakeAPIServer {
        let server = try await FakeAPIServer.start()
        try server.update { api throws(StatusError) in
            try api.create(WatchTests.pod("a"))
            api.anyPod.ports = ports
        }
        return server
    }

    private static func forward(_ server: FakeAPIServer, _ query: String) async throws -> [String] {
        let script = Repository.path("Tests/Fixtures/kube/port-forward.py")
        let target = "/api/v1/namespaces/default/pods/a/portforward?\(query)"
        return try await output(#require(Tool.python.path), [script, String(server.port), target])
            .split(separator: "\n").map(String.init)
    }
}
