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
