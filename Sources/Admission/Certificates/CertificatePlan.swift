/// Decides what is to be done about the certificates, by what stands in the cluster and the time alone; so every replica
/// decides the same, and whoever is faster does it.
///
/// A new authority is made and trusted first, and signs only once it is sure to be known everywhere. The one before it is
/// forgotten only once nobody can be showing a certificate of its own any more. So whoever holds the current list of
/// authorities trusts every certificate that is shown.
struct CertificatePlan: Sendable, Equatable {
    enum Step: Sendable, Equatable {
        /// All is well until then.
        case wait(until: Int64)
        /// Nothing can be saved: a new authority and a certificate by it, at once. What is still trusted remains so.
        case startAnew
        /// One more authority, before the others. The certificate stays.
        case addAuthority
        /// A new certificate by the first authority.
        case issueLeaf
        /// These are of no more use.
        case dropAuthorities(Set<String>)
    }

    struct Rules: Sendable, Equatable {
        /// Of an authority, in seconds.
        var authorityLife: Int64 = 365 * 86_400
        /// Of a certificate.
        var leafLife: Int64 = 90 * 86_400
        /// Until every replica and API server has seen a change: far longer than it takes them.
        var settling: Int64 = 600
        /// Clocks differ; a certificate counts from that long before it was made.
        var backdating: Int64 = 3600

        init() {}
    }

    let rules: Rules
    /// What the certificate has to be made out to.
    let names: Set<String>

    init(names: Set<String>, rules: Rules = Rules()) {
        self.names = names
        self.rules = rules
    }

    /// - Parameter state: `nil` where nothing is there yet.
    func step(_ state: CertificateState?, at now: Int64) -> Step {
        guard let state, state.canSign, let newest = state.authorities.first, now < newest.end else {
            return .startAnew
        }
        guard let leaf = state.leaf, now < leaf.end, names.isSubset(of: leaf.names),
            let issuer = state.authorities.first(where: { $0.id == leaf.issuer }), now < issuer.end
        else { return .issueLeaf }
        guard now < renewal(newest.start, newest.end) else { return .addAuthority }
        let settled = newest.start + rules.settling
        let leafIsDue = issuer != newest ? settled : max(settled, renewal(leaf.start, leaf.end))
        guard now < leafIsDue else { return .issueLeaf }
        let older = state.authorities.dropFirst()
        let areReplaced = issuer == newest && now >= leaf.start + rules.settling
        let useless = older.filter { now >= $0.end || areReplaced && $0 != issuer }
        guard useless.isEmpty else { return .dropAuthorities(Set(useless.map(\.id))) }
        var next = min(renewal(newest.start, newest.end), leafIsDue)
        if let end = older.map(\.end).min() { next = min(next, end) }
        if !older.isEmpty, issuer == newest { next = min(next, leaf.start + rules.settling) }
        return .wait(until: next)
    }

    /// At two thirds of a life: a third is left for whatever goes wrong.
    private func renewal(_ start: Int64, _ end: Int64) -> Int64 { start + (end - start) * 2 / 3 }
}

/// What is known of the certificates that all replicas share. Times are in seconds since 1970.
struct CertificateState: Sendable, Equatable {
    /// A certificate authority whose certificates the API server is to trust.
    struct Authority: Sendable, Equatable {
        /// The SHA-256 of its certificate.
        var id: String
        /// When it was made.
        var start: Int64
        var end: Int64
    }

    /// What is shown to callers.
    struct Leaf: Sendable, Equatable {
        var start: Int64
        var end: Int64
        /// The names and addresses that it is made out to.
        var names: Set<String>
        /// The authority that signed it, where it is among ours.
        var issuer: String?
    }

    /// The first one signs; the others are trusted as long as somebody may show a certificate of theirs.
    var authorities: [Authority] = []
    /// The first one's key is at hand.
    var canSign = false
    /// `nil` where there is none, or it does not fit its key.
    var leaf: Leaf?
}
