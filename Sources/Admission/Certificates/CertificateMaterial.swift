/// Certificates and keys as they stand in the Secret, each as PEM.
package struct CertificateMaterial: Sendable, Equatable {
    /// One certificate each, the signing one first.
    package var authorities: [String]
    /// Of the first authority.
    package var authorityKey: String
    package var leaf: String
    package var leafKey: String

    package init(authorities: [String] = [], authorityKey: String = "", leaf: String = "", leafKey: String = "") {
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
