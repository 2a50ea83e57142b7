import Foundation
import Glibc
import Synchronization

/// A web server that misbehaves on purpose: what it answers to each request is a script of raw socket steps.
///
/// Plain blocking sockets, one thread a connection. `handler` is asked once for every request that arrives and names
/// the steps to perform for it; after the last one the connection waits for its next request (keep-alive), unless a
/// step closed it.
///
///     let server = try ScriptedHTTPServer { request in
///         request.sequence == 0 ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .reset] : [.ok("whole")]
///     }
///     defer { server.stop() }
package final class ScriptedHTTPServer: Sendable {
    package struct Request: Sendable {
        /// Counts from 0: connections of this server, requests of this server, requests on this connection.
        package var connection: Int
        package var sequence: Int
        package var onConnection: Int
        package var method: String
        package var target: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]

        package subscript(name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    package enum Step: Sendable {
        case send(String)
        case bytes([UInt8])
        /// Bytes one by one pieces, `every` apart.
        case trickle([UInt8], piece: Int, every: Duration)
        /// Reads this request's body (only where the server was made with `readsBodies: false`) and drops it.
        case readBody
        case delay(Duration)
        /// Goes on when the gate opens (or the server stops).
        case wait(Gate)
        /// Answers nothing more until the client closes the connection.
        case stall
        /// From here on passes bytes both ways between the client and this port on the loopback, as a proxy does.
        case tunnel(port: Int)
        /// Orderly end of what we send; still open for what the client sends.
        case finish
        case close
        /// RST instead of FIN.
        case reset

        package static func ok(_ body: String, headers: [String] = []) -> Step {
            respond(200, headers: headers, body: Array(body.utf8))
        }

        package static func respond(_ status: Int, headers: [String] = [], body: [UInt8] = []) -> Step {
            let head = (["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.count)"] + headers)
                .joined(separator: "\r\n")
            return .bytes(Array((head + "\r\n\r\n").utf8) + body)
        }
    }

    /// Opens once and stays open.
    package final class Gate: Sendable {
        private let condition = Protected()
        package init() {}
        package func open() { condition.open() }
        fileprivate func wait() { condition.wait() }
    }

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var open: Set<Int32> = []
        var gates: [Gate] = []
        var stopped = false
    }

    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)" }

    private let listener: Int32
    private let handler: @Sendable (Request) -> [Step]
    private let greeting: @Sendable (_ connection: Int) -> [Step]
    private let readsBodies: Bool
    private let remembers: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - readsBodies: `false` leaves the body on the socket for a `.readBody` step; else it is read before `handler`
    ///     is asked (after a `100 Continue` where the client expects one).
    ///   - remembers: whether `requests` keeps what arrived.
    ///   - greeting: performed for each connection before anything is read.
    package init(
        port: UInt16 = 0, readsBodies: Bool = true, remembers: Bool = true,
        greeting: @escaping @Sendable (_ connection: Int) -> [Step] = { _ in [] },
        _ handler: @escaping @Sendable (Request) -> [Step]
    ) throws {
        self.readsBodies = readsBodies
        self.remembers = remembers
        self.greeting = greeting
        self.handler = handler
        signal(SIGPIPE, SIG_IGN)
        (listener, self.port) = try Self.listen(port)
        Thread.detachNewThread { [self] in acceptAll() }
    }

    /// Every request whose head arrived, in order.
    package var requests: [Request] { state.withLock { $0.requests } }
    package var connectionCount: Int { state.withLock { $0.connections } }
    /// Connections that neither side has closed yet, as far as this side has noticed.
    package var openConnectionCount: Int { state.withLock { $0.open.count } }

    /// Closes the listener and every connection; nothing else ends the server's threads. Idempotent.
    package func stop() {
        let gates = state.withLock { state -> [Gate] in
            guard !state.stopped else { return [] }
            state.stopped = true
            shutdown(listener, Int32(SHUT_RDWR))
            for socket in state.open { shutdown(socket, Int32(SHUT_RDWR)) }
            return state.gates
        }
        for gate in gates { gate.open() }
    }

    private static func listen(_ port: UInt16) throws -> (Int32, Int) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in(loopbackPort: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && Glibc.listen(socket, 512) == 0
                    && getsockname(socket, $0, &length) == 0
            }
        }
        guard socket >= 0, bound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return (socket, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func acceptAll() {
        while true {
            let socket = accept(listener, nil, nil)
            guard socket >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
            let number = state.withLock { state -> Int? in
                guard !state.stopped else { return nil }
                state.open.insert(socket)
                state.connections += 1
                return state.connections - 1
            }
            guard let number else {
                close(socket)
                break
            }
            Thread.detachNewThread { [self] in serve(socket, number) }
        }
        close(listener)
    }

    private func serve(_ socket: Int32, _ number: Int) {
        var on = Int32(1)
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        var wire = ScriptedWire(socket: socket)
        var open = greeting(number).allSatisfy { perform($0, on: &wire) }
        var count = 0
        while open, var request = wire.readHead() {
            if readsBodies {
                if request["Expect"]?.lowercased() == "100-continue" {
                    wire.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
                }
                guard let body = wire.readBody(of: request) else { break }
                request.body = body
            }
            request.connection = number
            request.onConnection = count
            count += 1
            if remembers {
                request.sequence = state.withLock {
                    $0.requests.append(request)
                    $0.requests[$0.requests.count - 1].sequence = $0.requests.count - 1
                    return $0.requests.count - 1
                }
            }
            wire.current = request
            open = handler(request).allSatisfy { perform($0, on: &wire) }
        }
        state.withLock { state in
            state.open.remove(socket)
            // Under the lock, so that `stop` never shuts down a number that belongs to another file by now.
            close(socket)
        }
    }

    /// `false` when the connection is over.
    private func perform(_ step: Step, on wire: inout ScriptedWire) -> Bool {
        switch step {
        case .send(let text): return wire.send(Array(text.utf8))
        case .bytes(let bytes): return wire.send(bytes)
        case .trickle(let bytes, let piece, let interval):
            for start in stride(from: 0, to: bytes.count, by: piece) {
                guard wire.send(Array(bytes[start..<min(start + piece, bytes.count)])) else { return false }
                Thread.sleep(forTimeInterval: interval / .seconds(1))
            }
            return true
        case .readBody: return wire.current.map { wire.readBody(of: $0) != nil } ?? true
        case .delay(let duration):
            Thread.sleep(forTimeInterval: duration / .seconds(1))
            return true
        case .wait(let gate):
            let stopped = state.withLock { state in
                state.gates.append(gate)
                return state.stopped
            }
            if !stopped { gate.wait() }
            return true
        case .stall:
            wire.drain()
            return false
        case .tunnel(let port):
            wire.relay(toPort: port)
            return false
        case .finish: return shutdown(wire.socket, Int32(SHUT_WR)) == 0
        case .close: return false
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(wire.socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
            return false
        }
    }
}

/// A latch on a condition variable, for threads that block.
private final class Protected: Sendable {
    private let condition = NSCondition()
    private let opened = Mutex(false)

    func open() {
        condition.lock()
        opened.withLock { $0 = true }
        condition.broadcast()
        condition.unlock()
    }

    func wait() {
        condition.lock()
        while !opened.withLock({ $0 }) { condition.wait() }
        condition.unlock()
    }
}
