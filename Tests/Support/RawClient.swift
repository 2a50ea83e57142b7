import Foundation
import Glibc

/// A caller with a bare socket, for requests that no decent client sends.
package final class RawClient: Sendable {
    private let socket: Int32

    /// - Parameter address: the loopback address to call from, in dots.
    package init(port: Int, from address: String? = nil) throws {
        signal(SIGPIPE, SIG_IGN)
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if let address {
            let own = try Self.with(address, port: 0) { bind(socket, $0, $1) }
            guard own == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        }
        let connected = try Self.with("127.0.0.1", port: port) { connect(socket, $0, $1) } == 0
        guard connected else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit { close(socket) }

    private static func with(
        _ text: String, port: Int, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        guard inet_pton(AF_INET, text, &address.sin_addr) == 1 else { throw POSIXError(.EINVAL) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// `false` once the other side has closed the connection.
    @discardableResult
    package func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Everything until the other side closes, or until `marker` was seen, or until `limit` has passed; `nil` in the
    /// last case.
    package func receive(until marker: String? = nil, limit: Duration = .seconds(20)) -> String? {
        var timeout = timeval(
            tv_sec: Int(limit.components.seconds), tv_usec: Int(limit.components.attoseconds / 1_000_000_000_000))
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            guard count > 0 else { return text }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            if let marker, text.contains(marker) { return text }
        }
    }
}
