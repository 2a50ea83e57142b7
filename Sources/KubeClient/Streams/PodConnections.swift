public import Basics
internal import HTTPTransport
internal import KubeModel
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket
internal import Synchronization

/// Commands in containers and requests to ports of pods, over WebSockets to the API server. All it keeps is where and as
/// whom to connect; each call has a connection of its own and closes it.
///
/// The user needs `get` and, from Kubernetes 1.35 on, `create` for `pods/exec` and `pods/portforward`.
public struct PodConnections: Sendable {
    let dialer: WebSocketDialer
    let time: Timepiece
    /// The budget of the client that they belong to.
    private var gate: BudgetGate?

    /// `environment` is where a proxy may be named (`https_proxy`, `no_proxy` …); without one, the process's own.
    public init(
        _ access: ClusterAccess, userAgent: String = KubeClientOptions.standardUserAgent,
        environment: [String: String]? = nil, time: Timepiece = .system
    ) {
        dialer = WebSocketDialer(
            access: access, userAgent: userAgent, environment: environment ?? ProcessEnvironment.current)
        self.time = time
    }

    /// Within `gate`: what is opened waits for its turn there, before the time begins that it may take.
    init(_ access: ClusterAccess, userAgent: String, within gate: BudgetGate, time: Timepiece) {
        self.init(access, userAgent: userAgent, time: time)
        self.gate = gate
    }

    /// Runs a command, and returns when it has ended.
    ///
    /// - Parameters:
    ///   - command: what to run, and where.
    ///   - input: its standard input, closed after that. A server without `v5.channel.k8s.io` (before 1.30) cannot close
    ///     it, so a command that reads to the end runs into the timeout there.
    ///   - limit: bytes kept of standard output and of standard error each.
    ///   - timeout: for all of it. A command that runs longer is left to itself: the API has no way to end it.
    /// - Throws: `.status` where the server refuses, or with code 0 where the command cannot be run; that it fails is no
    ///   error.
    public func exec(
        _ command: ExecCommand, input: [UInt8]? = nil, limit: Int = 1 << 20, timeout: Duration = .seconds(30)
    ) async throws(KubeError) -> ExecResult {
        let target = command.target(hasInput: input != nil)
        let turn = try await BudgetTurn(gate, target)
        defer { turn.end() }
        return try await time.limit(target.attempted, to: timeout) { () async throws(KubeError) in
            let (socket, subprotocol) = try await dialer.open(target) { channel, subprotocol in
                (try PodSocket(wrappingChannelSynchronously: channel), subprotocol)
            }
            turn.end()
            do {
                return try await Self.run(socket, input, canClose: subprotocol.hasPrefix("v5."), limit)
            } catch {
                throw StreamFailure.kubeError(error, attempted: target.attempted)
            }
        }
    }

    private typealias PodSocket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    private static func run(
        _ socket: PodSocket, _ input: [UInt8]?, canClose: Bool, _ limit: Int
    ) async throws -> ExecResult {
        try await socket.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let input { group.addTask { await write(input, to: outbound, canClose: canClose) } }
                defer { group.cancelAll() }
                return try await read(inbound, outbound, limit)
            }
        }
    }

    private static func read(
        _ inbound: NIOAsyncChannelInboundStream<WebSocketFrame>,
        _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, _ limit: Int
    ) async throws -> ExecResult {
        var frames = ChannelFrames()
        var machine = ExecMachine(limit: limit)
        reading: for try await frame in inbound {
            switch try frames.receive(frame) {
            case .data(let channel, let bytes): machine.receive(channel: channel, bytes.readableBytesView)
            case .pong(let data):
                try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: data))
            case .end: break reading
            case .nothing: break
            }
        }
        try Task.checkCancellation()
        switch machine.end() {
        case .exited(let code):
            return ExecResult(exitCode: code, output: machine.output, error: machine.error, isCut: machine.isCut)
        case .failed(let status): throw StreamFailure.notRun(status)
        case .lost: throw StreamFailure.ended("the connection ended before the command did")
        }
    }

    /// A command need not read its input: that it cannot be written is no failure.
    private static func write(
        _ input: [UInt8], to outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>, canClose: Bool
    ) async {
        let piece = 32 << 10
        do {
            for start in stride(from: 0, to: input.count, by: piece) {
                let end = min(start + piece, input.count)
                try await outbound.write(ChannelFrames.frame(ExecChannel.input, input[start..<end]))
            }
            if canClose { try await outbound.write(ChannelFrames.frame(ExecChannel.close, [ExecChannel.input])) }
        } catch {}
    }
}

extension PodConnections {
    /// Makes one HTTP/1.1 request to a port of a pod, through the API server and the pod's node.
    ///
    /// - Parameters:
    ///   - request: what to ask of which port.
    ///   - limit: the most bytes of the answer's body.
    ///   - timeout: for all of it.
    /// - Throws: `.status` where the API server refuses; `.transport` with `.connect` where nothing listens on the port,
    ///   with `.connectionLost` where the program there ends without an answer, as one that was told to quit may do.
    ///   Whatever the port answers is no error.
    public func roundTrip(
        _ request: PortRequest, limit: Int = 1 << 20, timeout: Duration = .seconds(30)
    ) async throws(KubeError) -> PortAnswer {
        let target = request.target
        let attempted = "\(request.method) port \(request.port) of pod \(request.pod) (\(target.attempted))"
        guard (1...65535).contains(request.port), Self.isToken(request.method), Self.isPath(request.path) else {
            let reason = TransportError.Reason.invalidRequest("the port, the method or the path cannot be sent")
            throw KubeError(
                attempted: attempted, reason: .transport(TransportError(attempted: attempted, reason: reason)))
        }
        let turn = try await BudgetTurn(gate, target)
        defer { turn.end() }
        return try await time.limit(attempted, to: timeout) { () async throws(KubeError) in
            let (channel, answer) = try await dialer.open(target) { channel, _ in
                let promise = channel.eventLoop.makePromise(of: PortAnswer.self)
                let operations = channel.pipeline.syncOperations
                try operations.addHandler(PortTunnelHandler())
                try operations.addHTTPClientHandlers()
                try operations.addHandler(RoundTripHandler(request, limit: limit, promise))
                return (channel, promise.futureResult)
            }
            turn.end()
            do {
                return try await withTaskCancellationHandler {
                    try await answer.get()
                } onCancel: {
                    channel.close(promise: nil)
                }
            } catch let error as PortTunnelHandler.Failed {
                let attempted = "\(attempted): \(error.words)"
                throw KubeError(
                    attempted: attempted,
                    reason: .transport(TransportError(attempted: attempted, reason: .connect, nothingSent: true)))
            } catch {
                if Task.isCancelled { throw KubeError(attempted: attempted, reason: .cancelled) }
                throw StreamFailure.kubeError(error, attempted: attempted)
            }
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    }

    private static func isPath(_ text: String) -> Bool {
        text.hasPrefix("/") && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// A place in the budget, from before a connection is made until it stands: what goes on then keeps nobody else waiting.
private final class BudgetTurn: Sendable {
    private let gate: BudgetGate?
    private let isUnderWay = Mutex(true)

    init(_ gate: BudgetGate?, _ target: PodStreamTarget) async throws(KubeError) {
        self.gate = gate
        guard await gate?.pass(flow: target.namespace, yields: false) ?? true else {
            throw KubeError(attempted: target.attempted, reason: .cancelled)
        }
    }

    /// Only the first time does something.
    func end() {
        let isFirst = isUnderWay.withLock { isUnderWay in
            defer { isUnderWay = false }
            return isUnderWay
        }
        if isFirst { gate?.leave() }
    }
}

/// What the frames of a `channel.k8s.io` WebSocket mean: the first byte of each message names its channel.
struct ChannelFrames: Sendable {
    enum Step: Sendable, Equatable {
        case data(channel: UInt8, ByteBuffer)
        /// To be sent back.
        case pong(ByteBuffer)
        /// The other end has said all; with its code and reason where it gave any.
        case end(code: Int?, reason: String)
        case nothing
    }

    struct Broken: Error, Equatable {}

    /// Of the message whose fragments are coming in.
    private var channel: UInt8?

    /// - Throws: where a fragment belongs to no message.
    mutating func receive(_ frame: WebSocketFrame) throws(Broken) -> Step {
        var data = frame.unmaskedData
        switch frame.opcode {
        case .binary, .text:
            channel = nil
            guard let channel: UInt8 = data.readInteger() else { return .nothing }
            if !frame.fin { self.channel = channel }
            return .data(channel: channel, data)
        case .continuation:
            guard let channel else { throw Broken() }
            if frame.fin { self.channel = nil }
            return .data(channel: channel, data)
        case .ping: return .pong(data)
        case .connectionClose:
            let code: UInt16? = data.readInteger()
            return .end(code: code.map { Int($0) }, reason: String(decoding: data.readableBytesView, as: UTF8.self))
        default: return .nothing
        }
    }

    /// A message as a client must send it.
    static func frame(_ channel: UInt8, _ bytes: some Collection<UInt8>) -> WebSocketFrame {
        var data = ByteBuffer()
        data.reserveCapacity(bytes.count + 1)
        data.writeInteger(channel)
        data.writeBytes(bytes)
        return WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: data)
    }
}
