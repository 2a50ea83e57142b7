/// Certificates and keys as they stand in the Secret, each as PEM.
struct CertificateMaterial: Sendable, Equatable {
    /// One certificate each, the signing one first.
    var authorities: [String] = []
    /// Of the first authority.
    var authorityKey = ""
    var leaf = ""
    var leafKey = ""

    /// What the API server is to trust, in one text.
    var bundle: String { authorities.joined() }

    /// What is shown, and proven by its key.
    var identity: ServingIdentity { ServingIdentity(chain: Array(leaf.utf8), key: Array(leafKey.utf8)) }
}

/// Looks at certificates and keys that others may have written, to know what they are worth.
package struct CertificateReader: Sendable {
    private let plan: CertificatePlan

    init(_ plan: CertificatePlan) { self.plan = plan }

    /// What the plan has to know. Certificates that cannot be read do not count.
    func state(of material: CertificateMaterial) -> CertificateState {
        CertificateState(
            authorities: material.authorities.compactMap(authority), canSign: canSign(material),
            leaf: leaf(of: material))
    }

    /// The certificates of a text one by one.
    package static func split(_ bundle: String) -> [String] {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        // What stands behind the last end is none.
        return bundle.split(separator: end, omittingEmptySubsequences: false).dropLast().compactMap { part in
            part.firstRange(of: begin).map { part[$0.lowerBound...] + end + "\n" }
        }
    }

    /// When a chain's first certificate ends, in seconds since 1970; `nil` where there is none, or it does not fit the
    /// key.
    static func expiry(of identity: ServingIdentity) -> Int64? {
        guard let certificate = X509Certificate(pem: String(decoding: identity.chain, as: UTF8.self)),
            let key = X509Certificate.Key(pem: String(decoding: identity.key, as: UTF8.self)), certificate.fits(key)
        else { return nil }
        return certificate.end
    }

    private func authority(_ pem: String) -> CertificateState.Authority? {
        guard let certificate = X509Certificate(pem: pem), certificate.isAuthority, let start = certificate.start,
            let end = certificate.end
        else { return nil }
        return .init(id: certificate.identifier, start: start + plan.rules.backdating, end: end)
    }

    private func canSign(_ material: CertificateMaterial) -> Bool {
        guard let certificate = X509Certificate(pem: material.authorities.first ?? ""), certificate.isAuthority,
            let key = X509Certificate.Key(pem: material.authorityKey)
        else { return false }
        return certificate.fits(key)
    }

    private func leaf(of material: CertificateMaterial) -> CertificateState.Leaf? {
        guard let certificate = X509Certificate(pem: material.leaf), let start = certificate.start,
            let end = certificate.end, let key = X509Certificate.Key(pem: material.leafKey), certificate.fits(key)
        else { return nil }
        var issuer: String?
        for pem in material.authorities where issuer == nil {
            guard let authority = X509Certificate(pem: pem), certificate.isSigned(by: authority) else { continue }
            issuer = authority.identifier
        }
        var names: Set<String> = []
        for name in plan.names where certificate.isMadeOut(to: name) { names.insert(name) }
        return .init(start: start + plan.rules.backdating, end: end, names: names, issuer: issuer)
    }
}
