internal import Basics
internal import HTTPTransport
internal import YAMLTree

/// One or more kubeconfig files as one, by client-go's rule: what the first file names is not changed by later ones,
/// not even in the fields that the first leaves out.
///
/// Only names are looked at here. What a context, cluster or user holds is read when it is chosen, so that a mistake in
/// another cluster's entry stops nobody.
struct Kubeconfig: Sendable {
    private(set) var currentContext: String?
    private(set) var contexts: [String: ConfigSection] = [:]
    private(set) var clusters: [String: ConfigSection] = [:]
    private(set) var users: [String: ConfigSection] = [:]

    init() {}

    init(parsing bytes: [UInt8], file: String) throws(KubeError) {
        let node: YAMLNode
        do { node = try YAMLNode(parsing: bytes, limits: YAMLLimits(bytes: LocalFile.limit)) } catch {
            throw ConfigSection.problem(in: file, at: error.mark, error.message)
        }
        // An empty file is an empty configuration.
        if node.scalar?.isNull == true { return }
        guard node.mapping != nil else {
            throw ConfigSection.problem(in: file, at: node.mark, "expected a mapping (kind: Config)")
        }
        let root = ConfigSection(file: file, path: "", node: node)
        if let kind = try root.text("kind"), kind != "Config" { throw root.problem("kind", "expected Config") }
        if let version = try root.text("apiVersion"), version != "v1" {
            throw root.problem("apiVersion", "expected v1")
        }
        currentContext = try root.text("current-context")
        contexts = try Self.entries("contexts", "context", of: root)
        clusters = try Self.entries("clusters", "cluster", of: root)
        users = try Self.entries("users", "user", of: root)
    }

    private static func entries(
        _ list: String, _ content: String, of root: ConfigSection
    ) throws(KubeError) -> [String: ConfigSection] {
        var entries: [String: ConfigSection] = [:]
        for entry in try root.sections(list) {
            guard let name = try entry.text("name") else { throw entry.problem(nil, "expected a name") }
            let inner = try entry.section(content)
            // Of equal names in one file the last counts, as in client-go.
            entries[name] = ConfigSection(
                file: root.file, path: "\(list)[\(name)].\(content)",
                node: inner?.node ?? YAMLNode(.mapping(YAMLMapping()), at: entry.node.mark))
        }
        return entries
    }

    /// Adds what `other`, read later, has and this has not.
    mutating func merge(_ other: Kubeconfig) {
        currentContext = currentContext ?? other.currentContext
        contexts.merge(other.contexts) { first, _ in first }
        clusters.merge(other.clusters) { first, _ in first }
        users.merge(other.users) { first, _ in first }
    }

    var isEmpty: Bool { currentContext == nil && contexts.isEmpty && clusters.isEmpty && users.isEmpty }
}

/// `clusters[…].cluster` of a kubeconfig.
struct ClusterEntry {
    private let section: ConfigSection

    init(_ section: ConfigSection) { self.section = section }

    /// Everything but who asks.
    func access() throws(KubeError) -> ClusterAccess {
        guard let text = try section.text("server") else { throw section.problem(nil, "expected a server") }
        let isInsecure = try section.flag("insecure-skip-tls-verify")
        let authority = try PEMField(section, "certificate-authority").bytes()
        guard let server = ServerAddress(text, secureByDefault: isInsecure || authority != nil) else {
            throw section.problem("server", "expected a URL such as https://host:6443, without user or password")
        }
        var access = ClusterAccess(server: server)
        access.serverName = try section.text("tls-server-name")
        access.allowsCompression = try !section.flag("disable-compression")
        if let text = try section.text("proxy-url") {
            guard let proxy = Self.proxy(text) else {
                throw section.problem("proxy-url", "expected a URL with http, https or socks5")
            }
            access.proxy = .url(proxy)
        }
        switch (authority, isInsecure) {
        case (_?, true):
            throw section.problem(
                "insecure-skip-tls-verify", "cannot be combined with a certificate authority; remove one of the two")
        case (nil, true): access.trust = .nothingChecked
        case (let bytes?, false):
            do { try PEM.checkAuthorities(bytes) } catch {
                throw section.problem(
                    section["certificate-authority-data"] != nil
                        ? "certificate-authority-data" : "certificate-authority", error.reason)
            }
            access.trust = .pem(bytes)
        case (nil, false): break
        }
        return access
    }

    /// A proxy's URL as client-go means it: where no port is said HTTP's own is meant.
    static func proxy(_ url: String) -> String? {
        guard let separator = url.firstRange(of: "://") else { return nil }
        let rest = url[separator.upperBound...]
        switch url[..<separator.lowerBound].lowercased() {
        case "socks5", "socks5h", "https": return url
        case "http":
            let authority = rest.prefix { $0 != "/" }
            let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
            guard let address = ServerAddress("http://\(host)", secureByDefault: false) else { return nil }
            return "http://\(authority[..<host.startIndex])\(address.authority)"
        default: return nil
        }
    }
}

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
    /// - Parameter cluster: what a plugin may learn about.
    func credentials(cluster: ConfigSection) throws(KubeError) -> any CredentialProvider {
        if let provider = try section.section("auth-provider") {
            let name = try provider.text("name") ?? ""
            let why = ["azure", "gcp"].contains(name) ? "was removed from Kubernetes in 1.26" : "is not supported"
            throw section.problem(
                "auth-provider", "the provider '\(name)' \(why); use its exec plugin (users[].user.exec)")
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
