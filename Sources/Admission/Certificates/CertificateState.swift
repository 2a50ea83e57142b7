/// What is known of the certificates that all replicas share. Times are in seconds since 1970.
public struct CertificateState: Sendable, Equatable {
    /// A certificate authority whose certificates the API server is to trust.
    public struct Authority: Sendable, Equatable {
        /// The SHA-256 of its certificate.
        public var id: String
        /// When it was made.
        public var start: Int64
        public var end: Int64

        public init(id: String, start: Int64, end: Int64) {
            self.id = id
            self.start = start
            self.end = end
        }
    }

    /// What is shown to callers.
    public struct Leaf: Sendable, Equatable {
        public var start: Int64
        public var end: Int64
        /// The names and addresses that it is made out to.
        public var names: Set<String>
        /// The authority that signed it, where it is among ours.
        public var issuer: String?

        public init(start: Int64, end: Int64, names: Set<String>, issuer: String?) {
            self.start = start
            self.end = end
            self.names = names
            self.issuer = issuer
        }
    }

    /// The first one signs; the others are trusted as long as somebody may show a certificate of theirs.
    public var authorities: [Authority]
    /// The first one's key is at hand.
    public var canSign: Bool
    /// `nil` where there is none, or it does not fit its key.
    public var leaf: Leaf?

    public init(authorities: [Authority] = [], canSign: Bool = false, leaf: Leaf? = nil) {
        self.authorities = authorities
        self.canSign = canSign
        self.leaf = leaf
    }
}
