/// Why certificates could not be made, read or shared. Never holds a key.
public struct CertificateFailure: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
