/// A second S3 server, with AWS's other services beside it (STS, instance metadata): other bugs than SeaweedFS's. It
/// checks no signatures.
package final class Moto: Sendable {
    package let endpoint: String
    package let server: ServerProcess

    /// The one that all tests of this process share; python takes seconds to start.
    package static func shared() async throws -> Moto { try await starting.value }
    // Outlives every test on purpose; the guard in `ServerProcess` ends the server with the process.
    private static let starting = Task { try await start() }

    package static func start() async throws -> Moto {
        let folder = try TemporaryFolder("moto")
        let server = try ServerProcess(
            Tool.moto.requiredPath(), ["--host", "127.0.0.1", "--port", "0"], in: folder,
            environment: ["PYTHONUNBUFFERED": "1"])
        let port = try await eventually("moto's start") {
            server.log.firstMatch(of: /Running on http:\/\/127\.0\.0\.1:([0-9]+)/).flatMap { Int($0.1) }
        }
        return Moto(endpoint: "http://127.0.0.1:\(port)", server: server)
    }

    private init(endpoint: String, server: ServerProcess) {
        self.endpoint = endpoint
        self.server = server
    }
}
