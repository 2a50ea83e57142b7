import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
package import TestSupport

/// A `FakeAPI` behind a socket, on a free port of the loopback interface.
///
///     let server = try await FakeAPIServer.start()
///     try server.update { try $0.create(pod) }       // as a client would, without a request
///     server.update { $0.store.compact() }
///
/// Every watch is woken after each `update`. The server ends with the value.
package final class FakeAPIServer: KubeServer {
    package struct Settings: Sendable {
        /// With these it speaks TLS, and knows clients by certificates of the same authority.
        package var certificates: Certificates?
        /// Whose certificate the client's one is.
        package var certificateUser = FakeUser.admin
        /// How often a watch that asked for it is sent a bookmark. The real server does about once a minute.
        package var bookmarkInterval: Duration = .seconds(60)
        /// What `creationTimestamp` and its kin are made from.
        package var now: @Sendable () -> KubeTime = { .now }

        package init(certificates: Certificates? = nil) { self.certificates = certificates }
    }

    /// A request as it came, for tests that count or look.
    package struct Seen: Sendable {
        package var method: String
        /// Path and query as sent.
        package var target: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        /// On the continuous clock.
        package var time: ContinuousClock.Instant
    }

    struct State {
        var api: FakeAPI
        var faults = FaultPlan()
        var seen: [Seen] = []
        var watches: [ObjectIdentifier: any Channel] = [:]
        var connections: [ObjectIdentifier: any Channel] = [:]

        mutating func record(_ request: KubeRequest, _ target: String) {
            guard seen.count < FakeAPIServer.seenLimit else { return }
            seen.append(
                Seen(
                    method: request.method, target: target, headers: request.headers, body: request.body, time: .now))
        }
    }

    package let port: Int
    package let settings: Settings
    let state: Mutex<State>
    private let listener = Mutex<(any Channel)?>(nil)
    private let tls: NIOSSLContext?
    static let seenLimit = 100_000

    package var authority: String? { settings.certificates?.authority }
    /// Taken for the administrator as long as no tokens are set; then set this one, too.
    package let token = "administrator"
    package var url: String { "\(settings.certificates == nil ? "http" : "https")://127.0.0.1:\(port)" }

    package static func start(_ api: FakeAPI = FakeAPI(), _ settings: Settings = Settings()) async throws
        -> FakeAPIServer
    {
        // Also kept over `stop` and `listen`: below the range that the kernel gives out, so nobody else takes it.
        for attempt in 1... {
            let server = try FakeAPIServer(api, settings, port: try freePorts(1)[0])
            do {
                try await server.listen()
                return server
            } catch {
                guard attempt < 3 else { throw error }
            }
        }
        throw ChannelError.unknownLocalAddress
    }

    private init(_ api: FakeAPI, _ settings: Settings, port: Int) throws {
        self.port = port
        self.settings = settings
        state = Mutex(State(api: api))
        tls = try settings.certificates.map { try Self.context($0) }
    }

    deinit {
        let channels = state.withLock { Array($0.connections.values) }
        for channel in channels + [listener.withLock { $0 }].compactMap({ $0 }) { channel.close(promise: nil) }
    }

    /// Reads or changes the cluster; afterwards every watch sends what is new.
    @discardableResult
    package func update<Result: Sendable, Failure: Error>(
        _ body: (inout sending FakeAPI) throws(Failure) -> sending Result
    ) throws(Failure) -> Result {
        try changing { (state) throws(Failure) in try body(&state.api) }
    }

    /// What came in so far, oldest first.
    package var requests: [Seen] { state.withLock { $0.seen } }

    package func forgetRequests() { state.withLock { $0.seen = [] } }

    package var openWatches: Int { state.withLock { $0.watches.count } }

    // MARK: Life

    /// Listens again after `stop`, with the same objects at the same port.
    package func listen() async throws {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: false)
            .childChannelInitializer { [weak self, tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self else { throw ChannelError.ioOnClosedChannel }
                    try self.accept(channel, tls)
                }
            }
        let channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
        listener.withLock { $0 = channel }
    }

    /// As if the process were killed: no more connections, all open ones reset. The objects stay.
    package func stop() async {
        let listening = listener.withLock { listener in
            defer { listener = nil }
            return listener
        }
        try? await listening?.close()
        await dropConnections()
    }

    /// Cuts all connections, watches too.
    package func dropConnections() async {
        for channel in state.withLock({ Array($0.connections.values) }) { try? await channel.close() }
    }

    /// Sends a bookmark now to every watch that asked for bookmarks.
    package func sendBookmarks() {
        for channel in state.withLock({ Array($0.watches.values) }) { ConnectionSignal.bookmark.send(to: channel) }
    }

    private func accept(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.connections[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { state in
                state.connections[id] = nil
                state.watches[id] = nil
            }
        }
        let operations = channel.pipeline.syncOperations
        if let tls { try operations.addHandler(NIOSSLServerHandler(context: tls)) }
        let handler = ConnectionHandler(self)
        let upgrader = upgrader(NIOLoopBound(handler, eventLoop: channel.eventLoop))
        try operations.configureHTTPServerPipeline(
            withServerUpgrade: NIOHTTPServerUpgradeSendableConfiguration(
                upgraders: [upgrader], completionHandler: { _ in }))
        try operations.addHandler(handler)
    }

    // MARK: For connections

    func changing<Result, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        defer { wakeWatches() }
        return try state.withLock(body)
    }

    func wakeWatches() {
        for channel in state.withLock({ Array($0.watches.values) }) { ConnectionSignal.changed.send(to: channel) }
    }

    private static func context(_ certificates: Certificates) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificates.serverCertificate)
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.serverKey, format: .pem)))
        configuration.trustRoots = .file(certificates.authority)
        configuration.certificateVerification = .optionalVerification
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
