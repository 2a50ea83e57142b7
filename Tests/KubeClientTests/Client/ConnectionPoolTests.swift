import Foundation
import Glibc
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

@Suite struct ConnectionPoolTests {
    private let access = ClusterAccess(server: ServerAddress(isSecure: false, host: "127.0.0.1", port: 1), proxy: .none)

    @Test func connectsAnewWhereTheOldConnectionsMayNotServe() async throws {
        let certificates = try await Certificates()
        let identity = try ClientIdentity(
            certificate: try certificates.folder.read("client.crt"), key: try certificates.folder.read("client.key"))
        let pool = ConnectionPool(access, userAgent: "test", concurrency: 8)
        let first = try #require(pool.client(for: Credential()))
        #expect(pool.client(for: Credential(authorization: .bearer("renewed"))) === first)

        pool.retire(first)
        let second = try #require(pool.client(for: Credential()))
        #expect(second !== first)
        pool.retire(first)
        #expect(pool.client(for: Credential()) === second, "another one was retired")

        #expect(pool.client(for: Credential(identity: identity)) !== second)
        await pool.close()
        #expect(pool.client(for: Credential()) == nil)
    }

    /// Looked at while the request is under way: a busy machine may close a connection that nobody uses.
    @Test func doesNotWaitForASilentPeer() async throws {
        let limits = Mutex<[Int32]>([])
        let server = try ScriptedHTTPServer { request in
            // Beside hundreds of other tests its number may be any.
            let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            let found = open.compactMap { Int32($0) }.filter { "127.0.0.1:\(peerPort(of: $0) ?? 0)" == request["Host"] }
                .map(userTimeout)
            limits.withLock { $0 += found }
            return [.ok("")]
        }
        defer { server.stop() }
        let client = try #require(ConnectionPool(access, userAgent: "test", concurrency: 8).client(for: Credential()))
        try await client.execute(HTTPRequest("GET", server.url))
        #expect(limits.withLock(\.self) == [30_000])
        await client.shutdown()
    }
}

private func userTimeout(of descriptor: Int32) -> Int32 {
    var milliseconds = Int32(0)
    var size = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, &size)
    return milliseconds
}

private func peerPort(of descriptor: Int32) -> Int? {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
    }
    return result == 0 && address.sin_family == sa_family_t(AF_INET) ? Int(UInt16(bigEndian: address.sin_port)) : nil
}
