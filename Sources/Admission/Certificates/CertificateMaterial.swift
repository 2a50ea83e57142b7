internal import CCrypto

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

/// Carries the plan's steps out: keys on P-256, signatures by ECDSA with SHA-256.
struct CertificateIssuer: Sendable {
    private let plan: CertificatePlan

    init(_ plan: CertificatePlan) { self.plan = plan }

    /// - Parameters:
    ///   - material: what there is; of what cannot be read, nothing is kept.
    ///   - now: seconds since 1970.
    /// - Returns: what is to stand in the Secret afterwards.
    func perform(
        _ step: CertificatePlan.Step, on material: CertificateMaterial, now: Int64
    ) throws(CertificateFailure) -> CertificateMaterial {
        var material = material
        switch step {
        case .wait: break
        case .addAuthority: try addAuthority(to: &material, now)
        case .issueLeaf: try issueLeaf(in: &material, now)
        case .startAnew:
            material.authorities.removeAll { (X509Certificate(pem: $0)?.end ?? 0) <= now }
            try addAuthority(to: &material, now)
            try issueLeaf(in: &material, now)
        case .dropAuthorities(let ids):
            material.authorities.removeAll { pem in
                guard let authority = X509Certificate(pem: pem) else { return true }
                return ids.contains(authority.identifier)
            }
        }
        return material
    }

    /// More would have to be a mistake.
    private static let mostAuthorities = 4

    private func addAuthority(to material: inout CertificateMaterial, _ now: Int64) throws(CertificateFailure) {
        let key = try X509Certificate.Key()
        let serial = try X509Certificate.serial()
        let certificate = try X509Certificate.make(
            "kpipe-sidecar webhook authority \(serial.prefix(4).hexadecimal)", serial: serial, for: key,
            from: now - plan.rules.backdating, to: now + plan.rules.authorityLife,
            [
                .init(identifier: NID_basic_constraints, value: "critical,CA:TRUE,pathlen:0"),
                .init(identifier: NID_key_usage, value: "critical,keyCertSign,cRLSign"),
                .init(identifier: NID_subject_key_identifier, value: "hash"),
            ])
        material.authorities = [try certificate.pem()] + material.authorities.prefix(Self.mostAuthorities - 1)
        material.authorityKey = try key.pem()
    }

    private func issueLeaf(in material: inout CertificateMaterial, _ now: Int64) throws(CertificateFailure) {
        guard let authority = X509Certificate(pem: material.authorities.first ?? "") else {
            throw CertificateFailure("the authority's certificate cannot be read")
        }
        guard let authorityKey = X509Certificate.Key(pem: material.authorityKey) else {
            throw CertificateFailure("the authority's key cannot be read")
        }
        let key = try X509Certificate.Key()
        let names = plan.names.sorted().map { (X509Certificate.isAddress($0) ? "IP:" : "DNS:") + $0 }
        let certificate = try X509Certificate.make(
            "kpipe-sidecar webhook", serial: try X509Certificate.serial(), for: key,
            from: now - plan.rules.backdating, to: now + plan.rules.leafLife,
            [
                .init(identifier: NID_basic_constraints, value: "critical,CA:FALSE"),
                .init(identifier: NID_key_usage, value: "critical,digitalSignature"),
                .init(identifier: NID_ext_key_usage, value: "serverAuth"),
                .init(identifier: NID_subject_alt_name, value: names.joined(separator: ",")),
                .init(identifier: NID_subject_key_identifier, value: "hash"),
                .init(identifier: NID_authority_key_identifier, value: "keyid:always"),
            ], by: authority, authorityKey)
        material.leaf = try certificate.pem()
        material.leafKey = try key.pem()
    }
}
