import Foundation

/// A container runtime's CRI socket, served by gRPC's own Python implementation, with containers that exist in name only.
package final class RuntimeStandIn: Sendable {
    package struct Container: Sendable, Encodable {
        package enum Stop: String, Sendable, Encodable { case ok, hang, fail }
        var pod: String
        var name: String
        var stop: Stop

        package init(pod: String, name: String, stop: Stop = .ok) {
            self.pod = pod
            self.name = name
            self.stop = stop
        }
    }

    package let socket: String
    package let server: ServerProcess

    package static func start(_ containers: [String: Container]) async throws -> RuntimeStandIn {
        let folder = try TemporaryFolder("cri")
        let socket = folder["runtime.sock"]
        let server = try ServerProcess(
            Tool.python.requiredPath(),
            [
                Repository.path("Tests/Fixtures/servers/container-runtime.py"), socket,
                String(decoding: JSONEncoder().encode(containers), as: UTF8.self),
            ], in: folder)
        try await server.whenReady { server.log.contains("ready\n") }
        return RuntimeStandIn(socket: socket, server: server)
    }

    private init(socket: String, server: ServerProcess) {
        self.socket = socket
        self.server = server
    }

    /// What was asked of it so far: `stop ID SECONDS`.
    package var calls: [String] {
        server.log.split(separator: "\n").map(String.init).filter { $0 != "ready" }
    }
}
