internal import HTTPTransport

/// Where an API server is: scheme, host, port and a path before the API's own (as behind Rancher).
public struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    public var isSecure: Bool
    /// A name or an address; an IPv6 address without brackets.
    public var host: String
    public var port: Int
    /// Empty, or beginning with a slash and not ending in one.
    public var path: String

    public init(isSecure: Bool = true, host: String, port: Int, path: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads `https://host:port/path`. Query and fragment are dropped; user info is refused, as nothing would use it.
    /// `secureByDefault`: what an address without a scheme means.
    public init?(_ text: String, secureByDefault: Bool) {
        var rest = Substring(text)
        isSecure = secureByDefault
        if let separator = text.firstRange(of: "://") {
            switch text[..<separator.lowerBound].lowercased() {
            case "https": isSecure = true
            case "http": isSecure = false
            default: return nil
            }
            rest = text[separator.upperBound...]
        }
        guard rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        rest = rest.prefix { $0 != "?" && $0 != "#" }
        let authority = rest.prefix { $0 != "/" }
        path = String(rest[authority.endIndex...])
        while path.hasSuffix("/") { path.removeLast() }
        guard !authority.contains("@"), let (host, port) = Self.split(authority) else { return nil }
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
    }

    private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var digits: Substring?
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close]
            let tail = authority[authority.index(after: close)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            digits = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            digits = authority[authority.index(after: colon)...]
            // An IPv6 address without brackets cannot be told from its port.
            guard !host.contains(":") else { return nil }
        }
        guard !host.isEmpty else { return nil }
        guard let digits, !digits.isEmpty else { return (String(host), nil) }
        guard let port = UInt16(digits), port > 0 else { return nil }
        return (String(host), Int(port))
    }

    /// `host:port`, as the `Host` field wants it.
    public var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    public var description: String { "\(isSecure ? "https" : "http")://\(authority)\(path)" }

    public var isLoopback: Bool { host == "localhost" || Self.loopback.contains { $0.contains(host) } }

    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
}
