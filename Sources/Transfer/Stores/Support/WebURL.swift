internal import Basics
internal import HTTPTransport

/// An `http` or `https` URL, taken apart. Characters that may not stand in a URL are encoded; what is encoded already
/// stays as it is.
struct WebURL: Sendable, Equatable {
    var origin: WebOrigin
    var user: String?
    var password: String?
    /// Path and query as they are sent; begins with `/`.
    var target: String
}

extension WebURL {
    init?(_ text: String) {
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let rest = text[scheme.upperBound...].prefix { $0 != "#" }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        var authority = rest[..<authorityEnd]
        if let at = authority.lastIndex(of: "@") {
            let userInfo = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = userInfo.first.flatMap { PercentEncoding.decode($0) }
            password = userInfo.count > 1 ? PercentEncoding.decode(userInfo[1]) : nil
            authority = authority[authority.index(after: at)...]
        }
        guard let origin = WebOrigin(scheme: text[..<scheme.lowerBound].lowercased(), authority: String(authority))
        else { return nil }
        self.origin = origin
        let target = rest[authorityEnd...]
        self.target = Self.escaped(target.hasPrefix("/") ? String(target) : "/" + target)
    }

    var text: String { origin.text + target }

    /// Without the query, which may hold a signature.
    var redacted: String {
        let path = target.prefix { $0 != "?" }
        return origin.text + path + (path.endIndex == target.endIndex ? "" : "?…")
    }

    /// Its query is a signature, as AWS and its like, Google, CloudFront or Azure make them.
    var isSigned: Bool {
        let query = target.drop { $0 != "?" }.dropFirst().split(separator: "&")
        let names = Set(query.map { $0.prefix { $0 != "=" }.lowercased() })
        return !names.isDisjoint(with: ["x-amz-signature", "x-goog-signature", "signature"])
            || names.isSuperset(of: ["sig", "sv"])
    }

    /// What `reference`, a `Location` header's value, names from here (RFC 3986 §5.2).
    func resolving(_ reference: String) -> WebURL? {
        guard var url = joined(with: reference) else { return nil }
        let query = url.target.firstIndex(of: "?") ?? url.target.endIndex
        url.target = Self.withoutDotSegments(url.target[..<query]) + url.target[query...]
        return url
    }

    private func joined(with reference: String) -> WebURL? {
        if let scheme = reference.firstRange(of: "://"),
            reference[..<scheme.lowerBound].allSatisfy({ $0.isLetter })
        {
            return WebURL(reference)
        }
        if reference.hasPrefix("//") { return WebURL("\(origin.scheme.rawValue):\(reference)") }
        let path = target.prefix { $0 != "?" }
        let wanted = reference.prefix { $0 != "#" }
        if wanted.hasPrefix("/") { return WebURL(origin: origin, target: Self.escaped(String(wanted))) }
        if wanted.hasPrefix("?") { return WebURL(origin: origin, target: Self.escaped("\(path)\(wanted)")) }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return WebURL(origin: origin, target: Self.escaped("\(folder)\(wanted)"))
    }

    /// RFC 3986 §5.2.4, for a path that begins with `/`.
    private static func withoutDotSegments(_ path: Substring) -> String {
        var kept: [Substring] = []
        let segments = path.dropFirst().segments(omittingEmpty: false)
        for segment in segments {
            switch segment {
            case ".": break
            case "..": _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        if let last = segments.last, last == "." || last == ".." { kept.append("") }
        return "/" + kept.joined(separator: "/")
    }

    private static func escaped(_ target: String) -> String {
        PercentEncoding.encode(target, keeping: "/?%&=+:@!$'()*,;[]|")
    }
}

/// Scheme, host and port: what decides who sees a credential (RFC 6454).
struct WebOrigin: Sendable, Hashable {
    enum Scheme: String, Sendable {
        case http, https
        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    var scheme: Scheme
    /// Lower case; an IPv6 address in its brackets.
    var host: String
    var port: Int

    init(scheme: Scheme, host: String, port: Int? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
    }

    init?(scheme: String, authority: String) {
        guard let scheme = Scheme(rawValue: scheme) else { return nil }
        var host = authority[...]
        var port: Int?
        // A colon inside the brackets of an IPv6 address begins no port.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            let digits = host[host.index(after: colon)...]
            if !digits.isEmpty {
                guard let number = Int(digits), (1...65_535).contains(number) else { return nil }
                port = number
            }
            host = host[..<colon]
        }
        let allowed = host.utf8.allSatisfy { PercentEncoding.isUnreserved($0) }
        let bracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard !host.isEmpty, allowed || bracketed else { return nil }
        self.init(scheme: scheme, host: host.lowercased(), port: port)
    }

    /// As the Host header has it: without the scheme's own port.
    var authority: String { port == scheme.defaultPort ? host : "\(host):\(port)" }
    var text: String { "\(scheme.rawValue)://\(authority)" }

    /// `127.evil.example` is a name like any other.
    var isLoopback: Bool {
        guard host != "localhost", host != "[::1]" else { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
    }
}
