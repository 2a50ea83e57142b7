/// Certificates and keys as they stand in the Secret, each as PEM.
public struct CertificateMaterial: Sendable, Equatable {
    /// One certificate each, the signing one first.
    public var authorities: [String]
    /// Of the first authority.
    public var authorityKey: String
    public var leaf: String
    public var leafKey: String

    public init(authorities: [String] = [], authorityKey: String = "", leaf: String = "", leafKey: String = "") {
        self.authorities = authorities
        self.authorityKey = authorityKey
        self.leaf = leaf
        self.leafKey = leafKey
    }

    /// What the API server is to trust, in one text.
    var bundle: String { authorities.joined() }

    /// What is shown, and proven by its key.
    var identity: ServingIdentity { ServingIdentity(chain: Array(leaf.utf8), key: Array(leafKey.utf8)) }
}
