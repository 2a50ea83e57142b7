/// How a client reaches servers. One client has one connection pool.
package struct HTTPClientConfiguration: Sendable {
    package var tls: TLSConfiguration
    package var proxy: ProxyPolicy
    /// All requests go through this unix socket; the URL's host is only a name then.
    package var unixSocket: String?
    package var userAgent: String
    /// Exchanges under way at once, in all and with one origin, and so the most connections. Requests beyond them wait
    /// in the client's own queue, with none of their timeouts running.
    package var maximumConnections: Int
    package var maximumConnectionsPerHost: Int
    /// An idle connection older than this is closed instead of used again.
    package var maximumIdle: Duration
    /// A connection whose peer has acknowledged nothing for this long, although it should have, is given up, and an idle
    /// one is asked whether it still lives. `nil` leaves that to the system, which takes a quarter of an hour: too long
    /// where many requests share one connection.
    package var silentPeer: Duration?
    /// libcurl's receive buffer in bytes: small (64 KiB) for many small files, large for bulk.
    package var receiveBuffer: Int
    package var sendBuffer: Int

    package init(
        tls: TLSConfiguration = .init(), proxy: ProxyPolicy = .environment, unixSocket: String? = nil,
        userAgent: String = "kpipe-sidecar", maximumConnections: Int = 128, maximumConnectionsPerHost: Int = 64,
        maximumIdle: Duration = .seconds(55), silentPeer: Duration? = nil, receiveBuffer: Int = 64 << 10,
        sendBuffer: Int = 256 << 10
    ) {
        self.tls = tls
        self.proxy = proxy
        self.unixSocket = unixSocket
        self.userAgent = userAgent
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerHost = maximumConnectionsPerHost
        self.maximumIdle = maximumIdle
        self.silentPeer = silentPeer
        self.receiveBuffer = receiveBuffer
        self.sendBuffer = sendBuffer
    }
}

/// Whom a client trusts and who it says it is.
public struct TLSConfiguration: Sendable {
    public enum Trust: Sendable {
        /// The system's bundle.
        case system
        /// These certificates alone, as PEM.
        case pem([UInt8])
        case file(String)
        /// Certificate and name unchecked: for an operator who said so, never a default.
        case nothingChecked
    }
    public var trust: Trust
    /// Client certificate chain and key as PEM, kept in memory.
    public var identity: (certificate: [UInt8], key: [UInt8])?
    /// The name to verify and to send (SNI) instead of the URL's host.
    public var serverName: String?

    public init(
        trust: Trust = .system, identity: (certificate: [UInt8], key: [UInt8])? = nil, serverName: String? = nil
    ) {
        self.trust = trust
        self.identity = identity
        self.serverName = serverName
    }
}

/// Which proxy a request goes through, decided once from a policy and the environment.
///
/// Variables as curl reads them: `http_proxy` in lower case only (a CGI server sets `HTTP_PROXY` from a request's
/// `Proxy` field), the others in lower case first, then upper.
package struct ProxySettings: Sendable, Equatable {
    private var http = ""
    private var https = ""
    /// Names and networks reached directly, in curl's notation.
    package private(set) var except = ""

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
        // As Go's programs read it, for whom most clusters' lists are written: `*.x` is `.x`, which curl does not know.
        except = (variable("no_proxy") ?? "").replacing("*.", with: ".")
    }

    /// Go's programs, kubectl among them, have a SOCKS proxy look names up, which behind it may be the only way.
    private static func inCurlsWords(_ url: String) -> String {
        url.lowercased().hasPrefix("socks5://") ? "socks5h\(url.dropFirst(6))" : url
    }

    /// Empty for a direct connection.
    package func proxy(forScheme scheme: String) -> String { scheme == "https" ? https : http }
}

/// Through which proxy a client reaches servers.
public enum ProxyPolicy: Sendable, Equatable {
    /// `https_proxy`, `http_proxy` (lower case), `all_proxy`, `no_proxy`, as curl reads them, when the client is made.
    case environment
    case none
    /// This one for everything, whatever the environment says; it may carry `user:password@`.
    case url(String)
}
