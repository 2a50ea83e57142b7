/// What signs a request. Prints only the key's id.
struct AWSCredentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    var accessKeyID: String
    var secretAccessKey: String
    var sessionToken: String?
    /// Seconds since 1970; `nil` for keys that do not end.
    var expiration: Int64?

    var description: String { "credentials \(accessKeyID.prefix(4))…" }
    var debugDescription: String { description }
}
