import Basics

/// What a request proves its sender with. Printing it shows no secret.
public struct Credential: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    public enum Authorization: Sendable, Equatable {
        case bearer(String)
        case basic(user: String, password: String)

        /// The value of the `Authorization` field.
        var field: String {
            switch self {
            case .bearer(let token): "Bearer \(token)"
            case .basic(let user, let password):
                "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
            }
        }
    }

    public var authorization: Authorization?
    public var identity: ClientIdentity?

    public init(authorization: Authorization? = nil, identity: ClientIdentity? = nil) {
        self.authorization = authorization
        self.identity = identity
    }

    public var description: String {
        let kind =
            switch authorization {
            case .bearer: "bearer token"
            case .basic: "user and password"
            case nil: "no token"
            }
        return identity == nil ? kind : "\(kind), client certificate"
    }

    public var debugDescription: String { description }
}

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

/// Where credentials come from. Asked before every request, so the answer is cached as long as it holds.
public protocol CredentialProvider: Sendable {
    /// - Throws: `.credentials`, `.cancelled`.
    func credential() async throws(KubeError) -> Credential
    /// The server answered 401 to this one: whoever asks next may get another.
    func reject(_ credential: Credential)
}

/// A credential that never changes.
public struct FixedCredential: CredentialProvider {
    private let value: Credential

    public init(_ value: Credential) { self.value = value }

    public func credential() -> Credential { value }
    public func reject(_ credential: Credential) {}
}
