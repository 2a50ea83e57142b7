/// Why certificates could not be made, read or shared. Never holds a key.
package struct CertificateFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}
