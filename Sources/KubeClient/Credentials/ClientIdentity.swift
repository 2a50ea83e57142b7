/// A client certificate (chain) and its key, as PEM.
public struct ClientIdentity: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    public let certificate: [UInt8]
    public let key: [UInt8]
    /// Seconds since 1970 at which the first certificate ends.
    public let expiry: Int64

    /// - Throws: where either cannot be read, or the two do not belong together. That it has expired is no reason: the
    ///   clock may be wrong, and the server judges.
    init(certificate: [UInt8], key: [UInt8]) throws(PEM.Failure) {
        expiry = try PEM.checkIdentity(certificate: certificate, key: key)
        self.certificate = certificate
        self.key = key
    }

    public var description: String { "client certificate" }
    public var debugDescription: String { description }
}
