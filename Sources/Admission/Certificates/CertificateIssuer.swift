internal import CCrypto

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
