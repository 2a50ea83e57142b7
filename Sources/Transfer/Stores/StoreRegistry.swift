internal import HTTPTransport
internal import Synchronization

/// Resolves locations to stores. All stores share one connection pool; equal places share one store's state (region,
/// credentials, clock).
package final class StoreRegistry: StoreResolver {
    private let configuration: StoreConfiguration
    /// A failure where certificates that the environment names cannot be read: said to whoever resolves a URL.
    private let client: Result<HTTPClient, TransferError>
    /// Credentials of containers and machines come from link-local addresses, which no proxy reaches.
    private let direct: HTTPClient
    private let s3 = Mutex<S3Service?>(nil)

    package init(_ configuration: StoreConfiguration) {
        self.configuration = configuration
        client = Result { () throws(TransferError) in HTTPClient(try configuration.httpWithCertificates()) }
        direct = HTTPClient(HTTPClientConfiguration(proxy: .none, maximumConnections: 2))
    }

    /// Connects nothing; reads AWS's shared files when the first bucket is asked for. Throws `.configuration`.
    package func resolve(_ url: String) throws(TransferError) -> ResolvedURL {
        try resolve(try Location(url))
    }

    package func resolve(_ location: Location) throws(TransferError) -> ResolvedURL {
        let store: any ObjectStore
        switch location.place {
        case .s3(let bucket): store = try s3Service().store(bucket: bucket)
        case .web(let origin, let user, let password):
            store = WebStore(
                origin: origin, user: user, password: password, client: try client.get(),
                authorization: WebAuthorization(configuration), timeouts: configuration.timeouts, now: systemEpochClock)
        case .file: store = FileStore()
        case .standardStream:
            throw TransferError(
                object: "-", reason: .configuration, message: "the standard streams cannot be used here")
        }
        return ResolvedURL(store: store, base: location.base, key: location.key)
    }

    /// Ends what is under way. Idempotent.
    package func shutdown() async {
        if case .success(let client) = client { await client.shutdown() }
        await direct.shutdown()
    }

    private func s3Service() throws(TransferError) -> S3Service {
        let made: Result<S3Service, TransferError> = s3.withLock { service in
            if let service { return .success(service) }
            return Result { () throws(TransferError) in
                let new = try S3Service(configuration, client: try client.get(), direct: direct)
                service = new
                return new
            }
        }
        return try made.get()
    }
}

extension S3Service {
    /// The chain of AWS's own tools: environment, web identity, shared files, container, machine. A profile named on
    /// the command line stands alone.
    convenience init(
        _ configuration: StoreConfiguration, client: any HTTPExchange, direct: any HTTPExchange,
        clock: ServerClock = ServerClock(), runner: any ProcessRunner = SystemProcessRunner()
    ) throws(TransferError) {
        let profiles = try AWSProfiles(configuration)
        let settings = S3Settings(configuration, profiles: profiles)
        let machine = InstanceRegion(InstanceMetadata(configuration: configuration, client: direct))
        guard !configuration.anonymous else {
            self.init(settings: settings, client: client, cache: nil, machine: machine, clock: clock)
            return
        }
        let service = try SecurityTokenService(configuration, profiles: profiles, client: client, clock: clock)
        let environment = EnvironmentSource(configuration: configuration)
        let container = ContainerSource(configuration: configuration, client: direct)
        let instance = InstanceSource(configuration: configuration, client: direct)
        let profile = ProfileSource(
            profiles: profiles, environment: environment, container: container, instance: instance, service: service,
            runner: runner)
        var sources: [any CredentialSource] = [profile]
        if configuration.profile == nil {
            sources = [environment]
            if let webIdentity = WebIdentitySource(configuration, service: service) { sources.append(webIdentity) }
            sources += [profile, container, instance] as [any CredentialSource]
        }
        self.init(
            settings: settings, client: client, cache: CredentialCache(CredentialChain(sources: sources)),
            machine: machine, clock: clock)
    }
}

/// Finds the store that a URL speaks of. The one seam between plans, which know URLs, and stores, which know keys.
package protocol StoreResolver: Sendable {
    /// Takes a URL as a person writes it: one object, a prefix that ends in `/`, or a pattern; also a local path.
    /// Connects nothing. Throws `.configuration` for a scheme or a form that is not known.
    func resolve(_ url: String) throws(TransferError) -> ResolvedURL
}

/// A URL taken apart.
package struct ResolvedURL: Sendable {
    package var store: any ObjectStore
    /// What names the store and precedes every key, without credentials, signature or user info: `s3://bucket/`.
    package var base: String
    /// The object's key, the prefix or the pattern, decoded as the store's own methods take it.
    package var key: String

    package init(store: any ObjectStore, base: String, key: String) {
        self.store = store
        self.base = base
        self.key = key
    }

    /// The URL of another object in the same store, fit for errors, logs and manifests.
    ///
    /// A web key carries its query, which may be a signature and stays out.
    package func url(of key: String) -> String {
        base.hasPrefix("http") ? base + key.prefix { $0 != "?" } : base + key
    }
}
