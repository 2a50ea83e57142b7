/// How a client reaches servers. One client has one connection pool.
public struct HTTPClientConfiguration: Sendable {
    public var tls: TLSConfiguration
    public var proxy: ProxyPolicy
    /// All requests go through this unix socket; the URL's host is only a name then.
    public var unixSocket: String?
    public var userAgent: String
    /// Connections open at once, in all and to one host. Requests beyond them wait in the client's own queue.
    public var maximumConnections: Int
    public var maximumConnectionsPerHost: Int
    /// An idle connection older than this is closed instead of used again.
    public var maximumIdle: Duration
    /// libcurl's receive buffer in bytes: small (64 KiB) for many small files, large for bulk.
    public var receiveBuffer: Int
    public var sendBuffer: Int

    public init(
        tls: TLSConfiguration = .init(), proxy: ProxyPolicy = .environment, unixSocket: String? = nil,
        userAgent: String = "kpipe-sidecar", maximumConnections: Int = 128, maximumConnectionsPerHost: Int = 64,
        maximumIdle: Duration = .seconds(55), receiveBuffer: Int = 64 << 10, sendBuffer: Int = 256 << 10
    ) {
        self.tls = tls
        self.proxy = proxy
        self.unixSocket = unixSocket
        self.userAgent = userAgent
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerHost = maximumConnectionsPerHost
        self.maximumIdle = maximumIdle
        self.receiveBuffer = receiveBuffer
        self.sendBuffer = sendBuffer
    }
}

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

public enum ProxyPolicy: Sendable, Equatable {
    /// `https_proxy`, `http_proxy` (lower case), `all_proxy`, `no_proxy`, as curl reads them.
    case environment
    case none
    case url(String)
}
