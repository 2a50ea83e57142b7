internal import HTTPTransport

/// The way to a server: straight, or through an HTTP proxy's tunnel. What curl decides for requests, for WebSockets.
struct ProxyRoute: Sendable, Equatable {
    struct Proxy: Sendable, Equatable {
        var host: String
        var port: Int
        /// `user:password`, still percent-encoded.
        var userInfo: String?
    }

    struct Unsupported: Error, Sendable, Equatable, CustomStringConvertible {
        var description: String
    }

    /// `nil` for the straight way.
    let proxy: Proxy?

    init(_ policy: ProxyPolicy, to server: ServerAddress, environment: [String: String]) throws(Unsupported) {
        let settings = ProxySettings(policy, environment: environment)
        let url = settings.proxy(forScheme: server.isSecure ? "https" : "http")
        guard !url.isEmpty, !Self.isExcepted(server.host, by: settings.except) else {
            proxy = nil
            return
        }
        proxy = try Self.parse(url)
    }

    private static func parse(_ url: String) throws(Unsupported) -> Proxy {
        var rest = Substring(url)
        if let separator = url.firstRange(of: "://") {
            guard url[..<separator.lowerBound].lowercased() == "http" else {
                throw Unsupported(
                    description: "WebSockets go through http:// proxies only, not \(url[..<separator.upperBound])")
            }
            rest = url[separator.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        let at = rest.lastIndex(of: "@")
        let userInfo = at.map { String(rest[..<$0]) }
        let authority = at.map { rest[rest.index(after: $0)...] } ?? rest
        // 1080 is where curl looks for a proxy whose port is not said.
        let hasPort = authority.last.map { $0 != "]" } == true && authority.contains(":")
        guard let address = ServerAddress(hasPort ? String(authority) : "\(authority):1080", secureByDefault: false)
        else {
            throw Unsupported(description: "the proxy's address cannot be read")
        }
        return Proxy(host: address.host, port: address.port, userInfo: userInfo)
    }

    /// As curl reads `no_proxy`: names with their subdomains, addresses, networks, `*`; separated by commas or spaces.
    static func isExcepted(_ host: String, by list: String) -> Bool {
        let host = host.lowercased()
        return list.lowercased().split(whereSeparator: { $0 == "," || $0.isWhitespace }).contains { entry in
            if entry == "*" { return true }
            if let network = AddressRange(entry) { return network.contains(host) }
            let name = entry.hasPrefix(".") ? entry.dropFirst() : entry
            return host == name || host.hasSuffix("." + name)
        }
    }
}
