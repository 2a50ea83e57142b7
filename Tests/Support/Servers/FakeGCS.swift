/// fake-gcs-server: Google's JSON interface from memory, without preconditions on uploads and without the XML interface.
package final class FakeGCS: Sendable {
    /// `http://127.0.0.1:PORT`, for `STORAGE_EMULATOR_HOST`.
    package let endpoint: String
    package let server: ServerProcess

    package static func start() async throws -> FakeGCS {
        var tries = 1
        while true {
            do { return try await attempt() } catch {
                // A port may have been taken between the look and the start.
                guard tries < 3 else { throw error }
                tries += 1
            }
        }
    }

    private static func attempt() async throws -> FakeGCS {
        let port = try freePorts(1)[0]
        let server = try ServerProcess(
            Tool.fakeGCS.requiredPath(),
            [
                "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1", "-port", "\(port)", "-public-host",
                "127.0.0.1:\(port)", "-log-level", "error",
            ], in: TemporaryFolder("fake-gcs"))
        try await server.whenReady { accepts(port) }
        return FakeGCS(endpoint: "http://127.0.0.1:\(port)", server: server)
    }

    private init(endpoint: String, server: ServerProcess) {
        self.endpoint = endpoint
        self.server = server
    }

    package func makeBucket(_ name: String) async throws -> String {
        try await output(
            Tool.curl.requiredPath(),
            [
                "-sf", "--noproxy", "*", "-X", "POST", "\(endpoint)/storage/v1/b?project=test", "-d",
                "{\"name\":\"\(name)\"}",
            ])
        return name
    }
}
