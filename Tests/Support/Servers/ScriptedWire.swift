import Foundation
import Glibc

/// One connection of a `ScriptedHTTPServer`: blocking reads and writes with what was read too far kept back.
struct ScriptedWire {
    let socket: Int32
    var current: ScriptedHTTPServer.Request?
    private var pending: [UInt8] = []

    init(socket: Int32) { self.socket = socket }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { write(socket, $0.baseAddress! + sent, bytes.count - sent) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Reads until the peer closes.
    mutating func drain() {
        repeat { pending.removeAll() } while fill()
    }

    /// `nil` at the connection's end.
    mutating func readHead() -> ScriptedHTTPServer.Request? {
        let end = Array("\r\n\r\n".utf8)
        while pending.firstRange(of: end) == nil {
            guard fill() else { return nil }
        }
        guard let range = pending.firstRange(of: end) else { return nil }
        let lines = String(decoding: pending[..<range.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        pending.removeSubrange(..<range.upperBound)
        let start = lines[0].split(separator: " ")
        guard start.count == 3 else { return nil }
        let headers = lines.dropFirst().map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return (
                name: String(line[..<colon]), value: line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
            )
        }
        return .init(
            connection: 0, sequence: 0, onConnection: 0, method: String(start[0]), target: String(start[1]),
            headers: headers, body: [])
    }

    mutating func readBody(of request: ScriptedHTTPServer.Request) -> [UInt8]? {
        if request["Transfer-Encoding"]?.lowercased() == "chunked" { return readChunks() }
        return take(request["Content-Length"].flatMap(Int.init) ?? 0)
    }

    private mutating func readChunks() -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let line = readLine(), let size = Int(line, radix: 16), let chunk = take(size), readLine() != nil
            else { return nil }
            if size == 0 { return body }
            body += chunk
        }
    }

    private mutating func readLine() -> String? {
        let end = Array("\r\n".utf8)
        while true {
            if let range = pending.firstRange(of: end) {
                defer { pending.removeSubrange(..<range.upperBound) }
                return String(decoding: pending[..<range.lowerBound], as: UTF8.self)
            }
            guard fill() else { return nil }
        }
    }

    private mutating func take(_ count: Int) -> [UInt8]? {
        while pending.count < count { guard fill() else { return nil } }
        defer { pending.removeFirst(count) }
        return Array(pending.prefix(count))
    }

    private mutating func fill() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            pending += buffer[..<count]
            return true
        }
    }

    /// A connection to this machine's port, for the caller to close.
    static func connected(toPort port: Int) -> Int32? {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in(loopbackPort: UInt16(port))
        let isOpen = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if !isOpen { close(socket) }
        return isOpen ? socket : nil
    }

    /// Passes bytes both ways until either side ends.
    func relay(toPort port: Int) {
        guard let other = Self.connected(toPort: port) else { return }
        defer { close(other) }
        let back = ScriptedWire(socket: other)
        guard back.send(pending) else { return }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var polls = [socket, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polls, 2, -1) > 0 else { return }
            for (index, to) in [back, self].enumerated() where polls[index].revents != 0 {
                let count = read(polls[index].fd, &buffer, buffer.count)
                guard count > 0, to.send(Array(buffer[..<count])) else { return }
            }
        }
    }
}

extension sockaddr_in {
    init(loopbackPort: UInt16) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = loopbackPort.bigEndian
        sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    }
}
