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

/// Through which proxy a client reaches servers.
public enum ProxyPolicy: Sendable, Equatable {
    /// `https_proxy`, `http_proxy` (lower case), `all_proxy`, `no_proxy` (see `ProxySettings`), when the client is made.
    case environment
    case none
    /// This one for everything, whatever the environment says; it may carry `user:password@`.
    case url(String)
}
