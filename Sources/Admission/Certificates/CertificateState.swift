/// What is known of the certificates that all replicas share. Times are in seconds since 1970.
package struct CertificateState: Sendable, Equatable {
    /// A certificate authority whose certificates the API server is to trust.
    package struct Authority: Sendable, Equatable {
        /// The SHA-256 of its certificate.
        package var id: String
        /// When it was made.
        package var start: Int64
        package var end: Int64

        package init(id: String, start: Int64, end: Int64) {
            self.id = id
            self.start = start
            self.end = end
        }
    }

    /// What is shown to callers.
    package struct Leaf: Sendable, Equatable {
        package var start: Int64
        package var end: Int64
        /// The names and addresses that it is made out to.
        package var names: Set<String>
        /// The authority that signed it, where it is among ours.
        package var issuer: String?

        package init(start: Int64, end: Int64, names: Set<String>, issuer: String?) {
            self.start = start
            self.end = end
            self.names = names
            self.issuer = issuer
        }
    }

    /// The first one signs; the others are trusted as long as somebody may show a certificate of theirs.
    package var authorities: [Authority]
    /// The first one's key is at hand.
    package var canSign: Bool
    /// `nil` where there is none, or it does not fit its key.
    package var leaf: Leaf?

    package init(authorities: [Authority] = [], canSign: Bool = false, leaf: Leaf? = nil) {
        self.authorities = authorities
        self.canSign = canSign
        self.leaf = leaf
    }
}
