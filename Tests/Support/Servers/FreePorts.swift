import Glibc

/// Ports for servers that cannot be told to take one that is free.
///
/// They lie below the range from which the kernel takes ports for outgoing connections, so that a busy test cannot take
/// one between this look and the server's start. Another process may; whoever starts a server tries again.
package func freePorts(_ count: Int) throws -> [Int] {
    var found: [Int] = []
    for _ in 0..<1000 where found.count < count {
        let port = Int.random(in: 12_000..<32_000)
        if !found.contains(port), isFree(port) { found.append(port) }
    }
    guard found.count == count else { throw ProcessError(description: "no \(count) free ports") }
    return found
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
