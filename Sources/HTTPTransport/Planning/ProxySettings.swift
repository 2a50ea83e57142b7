import Basics
import Glibc

/// Which proxy a request goes through, decided once from a policy and the environment.
///
/// Variables as curl reads them: `http_proxy` in lower case only (a CGI server sets `HTTP_PROXY` from a request's
/// `Proxy` field), the others in lower case first, then upper.
package struct ProxySettings: Sendable, Equatable {
    private var http = ""
    private var https = ""
    private var exceptions: [Exception] = []

    package init(_ policy: ProxyPolicy, environment: [String: String]) {
        func variable(_ name: String) -> String? {
            [name, name.uppercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        switch policy {
        case .none: return
        case .environment:
            let all = variable("all_proxy") ?? ""
            http = Self.inCurlsWords(environment["http_proxy"].flatMap { $0.isEmpty ? nil : $0 } ?? all)
            https = Self.inCurlsWords(variable("https_proxy") ?? all)
        case .url(let url):
            (http, https) = (Self.inCurlsWords(url), Self.inCurlsWords(url))
            return
        }
        exceptions = (variable("no_proxy") ?? "").split { $0 == "," || $0.isWhitespace }.map(Exception.init)
    }

    /// Go's programs, kubectl among them, have a SOCKS proxy look names up, which behind it may be the only way.
    private static func inCurlsWords(_ url: String) -> String {
        url.lowercased().hasPrefix("socks5://") ? "socks5h\(url.dropFirst(6))" : url
    }

    /// Empty for a direct connection. `host`: a name or an address, which may stand in brackets.
    package func proxy(forScheme scheme: String, host: String, port: Int) -> String {
        // A name that ends in a dot is the same name.
        var host = host.lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        return exceptions.contains { $0.means(host, port: port) } ? "" : scheme == "https" ? https : http
    }

    /// An entry of `no_proxy` as Go's programs read it, for whom most clusters' lists are written: `*`, an address, a network,
    /// or a name with its subdomains, which `.x` and `*.x` are, too; each but networks may end in a port. curl knows neither
    /// ports nor networks of IPv6.
    private struct Exception: Sendable, Equatable {
        private enum Hosts: Sendable, Equatable {
            case all
            case network(AddressRange)
            case name(String)
        }

        private var hosts: Hosts
        private var port: Int?

        init(_ entry: Substring) {
            var entry = entry.lowercased()[...]
            if let range = AddressRange(entry) {
                hosts = .network(range)
                return
            }
            if let colon = entry.lastIndex(of: ":"), let number = UInt16(entry[entry.index(after: colon)...]) {
                port = Int(number)
                entry = entry[..<colon]
            }
            if entry == "*" {
                hosts = .all
            } else if let range = AddressRange(entry) {
                hosts = .network(range)
            } else {
                let name = entry.hasPrefix("*.") ? entry.dropFirst(2) : entry.hasPrefix(".") ? entry.dropFirst() : entry
                hosts = .name(String(name))
            }
        }

        func means(_ host: String, port: Int) -> Bool {
            guard self.port == nil || self.port == port else { return false }
            return switch hosts {
            case .all: true
            case .network(let range): range.contains(host)
            case .name(let name): host == name || host.hasSuffix("." + name)
            }
        }
    }
}

/// A network of IP addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
package struct AddressRange: Sendable, Equatable {
    private let bytes: [UInt8]
    private let prefix: Int

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.address(first) else { return nil }
        let length = bytes.count * 8
        guard let prefix = parts.count == 1 ? length : Int(parts[1]), (0...length).contains(prefix) else { return nil }
        self.bytes = bytes
        self.prefix = prefix
    }

    package func contains(_ host: String) -> Bool {
        guard let other = Self.address(host), other.count == bytes.count else { return false }
        return (0..<prefix).allSatisfy { bit in
            (bytes[bit / 8] ^ other[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }

    /// The bytes of an IPv4 or IPv6 address, without or in brackets; `nil` for a name.
    package static func address(_ text: some StringProtocol) -> [UInt8]? {
        let text = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
