internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A small HTTP/1.1 server, with TLS or without, bounded in everything that a caller can ask for. One thread of its own
/// reads and writes for all connections.
package final class WebServer: Sendable {
    /// The port in use, also where 0 was asked for.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let floor: NIOLoopBoundBox<ConnectionFloor>
    private let limits: ServerLimits
    /// What `run` answers; `nil` where the thread does it itself.
    private let questions: AsyncStream<Question>?
    private let isStopped = Atomic(false)

    /// A server for probes and metrics: answers GET and HEAD, and keeps no bodies.
    ///
    /// - Parameters:
    ///   - host: an address or a name; all addresses by default.
    ///   - answer: called on the server's thread; must be quick.
    package static func start(
        host: String? = nil, port: Int, limits: ServerLimits = .status,
        answer: @escaping @Sendable (ServerRequest) -> ServerResponse
    ) async throws(ListenError) -> WebServer {
        try await listen(host: host, port: port, limits, .here(answer), nil) { channel, floor in
            floor.admit(channel, nil)
        }
    }

    /// A server over TLS for all methods, listening; `run` answers.
    ///
    /// - Parameter tls: what is shown to callers now; connections that come while there is nothing are closed.
    package static func listen(
        port: Int, limits: ServerLimits = .webhook, tls: @escaping @Sendable () -> ServerTLS?
    ) async throws(ListenError) -> WebServer {
        // One of a connection at a time, so the stream is as bounded as they are.
        let (questions, asked) = AsyncStream<Question>.makeStream()
        return try await listen(host: nil, port: port, limits, .elsewhere(asked), questions) { channel, floor in
            if let tls = tls() { floor.admit(channel, tls) } else { channel.close(promise: nil) }
        }
    }

    private static func listen(
        host: String?, port: Int, _ limits: ServerLimits, _ answerer: Answerer, _ questions: AsyncStream<Question>?,
        _ admit: @escaping @Sendable (any Channel, ConnectionFloor) -> Void
    ) async throws(ListenError) -> WebServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let floor = NIOLoopBoundBox.makeBoxSendingValue(ConnectionFloor(limits, answerer), eventLoop: group.next())
        let bootstrap = ServerBootstrap(group: group)
            // Room for a crowd: whoever finds none knocks again a second later, which is too late for a probe.
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { admit(channel, floor.value) }
            }
        do {
            let listener = try await bind(bootstrap, host: host, port: port)
            return WebServer(group, listener, floor, limits, questions, port: listener.localAddress?.port ?? port)
        } catch {
            try? await group.shutdownGracefully()
            let code = (error as? IOError)?.errnoCode
            throw ListenError(port: port, reason: code.map { String(cString: strerror($0)) } ?? "\(error)")
        }
    }

    private init(
        _ group: MultiThreadedEventLoopGroup, _ listener: any Channel, _ floor: NIOLoopBoundBox<ConnectionFloor>,
        _ limits: ServerLimits, _ questions: AsyncStream<Question>?, port: Int
    ) {
        self.group = group
        self.listener = listener
        self.floor = floor
        self.limits = limits
        self.questions = questions
        self.port = port
    }

    /// All addresses of both families at once; where that fails, for whatever reason, those of IPv4. By number, because
    /// the resolver does not know `::` where the only addresses are of IPv4.
    private static func bind(_ bootstrap: ServerBootstrap, host: String?, port: Int) async throws -> any Channel {
        if let host {
            guard let address = try? SocketAddress(ipAddress: host, port: port) else {
                return try await bootstrap.bind(host: host, port: port).get()
            }
            return try await bootstrap.bind(to: address).get()
        }
        do {
            return try await bootstrap.bind(to: SocketAddress(ipAddress: "::", port: port)).get()
        } catch {
            return try await bootstrap.bind(to: SocketAddress(ipAddress: "0.0.0.0", port: port)).get()
        }
    }

    /// Answers until the server is stopped, or until the task is cancelled, which stops it.
    ///
    /// - Parameter answer: may be called many times at once.
    package func run(_ answer: @escaping @Sendable (ServerRequest) async -> ServerResponse) async {
        guard let questions else { return }
        await withDiscardingTaskGroup { group in
            for await question in questions {
                group.addTask { question.respond(await answer(question.request)) }
            }
        }
        await stop()
        try? await group.shutdownGracefully()
    }

    /// Before a stop: callers are still answered for a while, each for the last time on its connection, because the
    /// cluster goes on calling until it has learnt that we are gone.
    package func farewell() async {
        try? await group.next().submit { [floor] in floor.value.isLeaving = true }.get()
        try? await Task.sleep(for: limits.farewell)
    }

    /// Listens no longer, lets running answers leave and ends its thread. A second call does nothing.
    package func stop() async {
        // A loop that has ended answers no more, not even to a close.
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        try? await listener.close()
        let open = try? await group.next().submit { [floor] in floor.value.drain() }.get()
        for channel in open ?? [] { try? await channel.closeFuture.get() }
        guard questions != nil else {
            try? await group.shutdownGracefully()
            return
        }
        // Whoever runs still has answers in hand, and ends the thread after them.
        try? await group.next().submit { [floor] in floor.value.answerer.finish() }.get()
    }
}

/// Why a server cannot listen.
package struct ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    package var port: Int
    package var reason: String

    package init(port: Int, reason: String) {
        self.port = port
        self.reason = reason
    }

    package var description: String {
        "cannot listen on port \(port): \(reason); free the port or choose another"
    }
}

/// A request that waits for its answer elsewhere than on the server's thread.
struct Question: Sendable {
    let request: ServerRequest
    let respond: @Sendable (ServerResponse) -> Void
}

/// Who answers.
enum Answerer: Sendable {
    /// The server's thread.
    case here(@Sendable (ServerRequest) -> ServerResponse)
    /// Whoever runs the server.
    case elsewhere(AsyncStream<Question>.Continuation)

    func finish() {
        if case .elsewhere(let asked) = self { asked.finish() }
    }
}

/// What the connections of a server share; touched on the server's thread only.
final class ConnectionFloor {
    let answerer: Answerer
    var book: ConnectionBook
    var budget: ByteBudget
    /// Each connection ends with its next answer.
    var isLeaving = false
    private var isDraining = false
    private let limits: ServerLimits
    private var open: [ConnectionBook.ID: (channel: any Channel, handler: ConnectionHandler)] = [:]

    init(_ limits: ServerLimits, _ answerer: Answerer) {
        self.limits = limits
        self.answerer = answerer
        book = ConnectionBook(limit: limits.connections, limitOfOne: limits.connectionsOfOne)
        budget = ByteBudget(limits.bodies)
    }

    /// Takes a new connection, in place of another if need be, or closes it.
    func admit(_ channel: any Channel, _ tls: ServerTLS?) {
        let address = RemoteAddress(channel.remoteAddress?.ipAddress ?? "")
        guard !isDraining, case .admitted(let id, let evicted) = book.admit(address) else {
            return channel.close(promise: nil)
        }
        if let evicted { open[evicted]?.handler.cut() }
        let isReadOnly = if case .here = answerer { true } else { false }
        let handler = ConnectionHandler(
            id, ConnectionMachine(limits, isReadOnly: isReadOnly, isLoopback: address.isLoopback), on: self)
        open[id] = (channel, handler)
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            self.book.remove(id)
            self.open[id] = nil
        }
        do { try channel.pipeline.syncOperations.addHandlers(handler.pipeline(tls)) } catch {
            channel.close(promise: nil)
        }
    }

    /// Asks all connections to end, and cuts off those that have not in time.
    ///
    /// - Returns: those that are open still.
    func drain() -> [any Channel] {
        isDraining = true
        let connections = Array(open.values)
        for (channel, handler) in connections {
            handler.stop()
            channel.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.stop)) { handler.cut() }
        }
        return connections.map(\.channel)
    }
}
