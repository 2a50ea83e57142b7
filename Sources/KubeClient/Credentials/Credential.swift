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
