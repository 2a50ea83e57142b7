internal import Basics
internal import YAMLTree

/// `users[…].user` of a kubeconfig.
struct UserEntry {
    private let section: ConfigSection

    init(_ section: ConfigSection) { self.section = section }

    func impersonation() throws(KubeError) -> Impersonation? {
        let uid = try section.text("as-uid")
        let groups = try section.texts("as-groups")
        var extra: [String: [String]] = [:]
        if let given = try section.section("as-user-extra") {
            for key in given.node.mapping?.pairs.map(\.key) ?? [] { extra[key] = try given.texts(key) }
        }
        guard let user = try section.text("as") else {
            guard uid == nil, groups.isEmpty, extra.isEmpty else {
                throw section.problem(nil, "uid, groups and extra can only be impersonated together with a user (as)")
            }
            return nil
        }
        return Impersonation(user: user, uid: uid, groups: groups, extra: extra)
    }

    /// What the user proves who they are with. A plugin only counts where nothing else is given, as in client-go.
    ///
    /// - Parameter cluster: what a plugin may be told about.
    func credentials(cluster: ConfigSection) throws(KubeError) -> any CredentialSource {
        if let provider = try section.section("auth-provider") {
            let name = try provider.text("name") ?? ""
            throw section.problem(
                "auth-provider",
                "the provider '\(name)' was removed from Kubernetes in 1.26; use its exec plugin (users[].user.exec)")
        }
        let authorization = try authorization()
        let identity = try identity()
        if authorization == nil, identity == nil, let exec = try section.section("exec") {
            return PluginCredential(try ExecPlugin(exec, cluster: cluster))
        }
        switch (authorization, identity) {
        case (.fixed(let authorization)?, .fixed(let identity)?):
            return FixedCredential(Credential(authorization: authorization, identity: identity))
        case (.fixed(let authorization)?, nil): return FixedCredential(Credential(authorization: authorization))
        case (nil, .fixed(let identity)?): return FixedCredential(Credential(identity: identity))
        case (nil, nil): return FixedCredential(Credential())
        default: return FileCredential(authorization: authorization, identity: identity)
        }
    }

    private func authorization() throws(KubeError) -> FileCredential.AuthorizationPart? {
        let token = try section.text("token")
        let file = try section.location("tokenFile")
        let user = try section.text("username")
        let password = try section.text("password")
        if user != nil || password != nil {
            guard token == nil, file == nil else {
                throw section.problem(nil, "a token and a password are both given; remove one of the two")
            }
            return .fixed(.basic(user: user ?? "", password: password ?? ""))
        }
        if let token {
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw section.problem("token", "expected one word of ASCII characters")
            }
        }
        if let file { return .tokenFile(file, fallback: token) }
        return token.map { .fixed(.bearer($0)) }
    }

    private func identity() throws(KubeError) -> FileCredential.IdentityPart? {
        let certificate = PEMField(section, "client-certificate")
        let key = PEMField(section, "client-key")
        switch (try certificate.origin(), try key.origin()) {
        case (nil, nil): return nil
        case (_?, nil): throw section.problem("client-certificate", "expected client-key or client-key-data as well")
        case (nil, _?): throw section.problem("client-key", "expected client-certificate or its data as well")
        case (let certificateOrigin?, let keyOrigin?):
            guard case .inline(let chain) = certificateOrigin, case .inline(let secret) = keyOrigin else {
                // Read now, so that a mistake shows at once; and again whenever they may have been renewed.
                let pair = (try certificate.bytes() ?? [], try key.bytes() ?? [])
                _ = try identity(pair.0, pair.1)
                return .files(certificate: certificateOrigin, key: keyOrigin)
            }
            return .fixed(try identity(chain, secret))
        }
    }

    private func identity(_ certificate: [UInt8], _ key: [UInt8]) throws(KubeError) -> ClientIdentity {
        do { return try ClientIdentity(certificate: certificate, key: key) } catch {
            let field = section["client-certificate-data"] != nil ? "client-certificate-data" : "client-certificate"
            throw section.problem(field, error.reason)
        }
    }
}
