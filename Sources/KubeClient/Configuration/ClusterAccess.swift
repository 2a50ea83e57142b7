internal import Basics
public import HTTPTransport

/// Everything needed to reach one cluster as one user: for HTTP and for WebSockets alike.
public struct ClusterAccess: Sendable {
    public var server: ServerAddress
    /// Never `.file`: certificates are read, and checked, when the configuration is.
    public var trust: TLSConfiguration.Trust
    /// The name to verify and to send (SNI) instead of the server's host.
    public var serverName: String?
    public var proxy: ProxyPolicy
    /// Where namespaced requests go that name no namespace.
    public var namespace: String
    /// That of the context, or of the pod we run in: `namespace` where none was asked for.
    public var homeNamespace: String
    public var impersonation: Impersonation?
    public var allowsCompression: Bool
    public var credentials: any CredentialProvider

    public init(
        server: ServerAddress, trust: TLSConfiguration.Trust = .system, serverName: String? = nil,
        proxy: ProxyPolicy = .environment, namespace: String = "default", impersonation: Impersonation? = nil,
        allowsCompression: Bool = true, credentials: any CredentialProvider = FixedCredential(Credential())
    ) {
        self.server = server
        self.trust = trust
        self.serverName = serverName
        self.proxy = proxy
        self.namespace = namespace
        homeNamespace = namespace
        self.impersonation = impersonation
        self.allowsCompression = allowsCompression
        self.credentials = credentials
    }

    /// The credential to be used now; may read files or run a plugin. Single flight, cached.
    public func credential() async throws(KubeError) -> Credential { try await credentials.credential() }

    /// The header fields that say who asks: `Authorization` and impersonation.
    public func headers(for credential: Credential) -> HTTPHeaders {
        var headers = HTTPHeaders()
        if let authorization = credential.authorization { headers["Authorization"] = authorization.field }
        impersonation?.add(to: &headers)
        return headers
    }

    /// The header fields that say who asks, for one request now.
    public func authorization() async throws(KubeError) -> HTTPHeaders { headers(for: try await credential()) }

    /// As with kubectl, the environment's proxy is not asked for what runs on this machine, where it would not find it.
    var route: ProxyPolicy { proxy == .environment && server.isLoopback ? .none : proxy }

    func tls(for credential: Credential) -> TLSConfiguration {
        TLSConfiguration(
            trust: trust, identity: credential.identity.map { ($0.certificate, $0.key) }, serverName: serverName)
    }
}

/// In whose name requests are made, where the user may impersonate others.
public struct Impersonation: Sendable, Equatable {
    public var user: String
    public var uid: String?
    public var groups: [String]
    public var extra: [String: [String]]

    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    func add(to headers: inout HTTPHeaders) {
        headers["Impersonate-User"] = user
        if let uid { headers["Impersonate-Uid"] = uid }
        for group in groups { headers.add("Impersonate-Group", group) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            let name = "Impersonate-Extra-\(Self.escapedHeaderKey(key))"
            for value in values { headers.add(name, value) }
        }
    }

    /// What a header's name may not hold, and `%`, percent-encoded, as the API server decodes it.
    private static func escapedHeaderKey(_ key: String) -> String {
        PercentEncoding.encode(key.lowercased(), keeping: "!#$&'*+-.^_`|~")
    }
}
