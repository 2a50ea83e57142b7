internal import HTTPTransport
internal import Synchronization

/// All stores of one kind: how their URLs are written, and what they share (credentials, clock, connections). Another
/// kind is a folder beside the others, and a line in `StoreRegistry.kinds`.
protocol StoreKind: Sendable {
    /// Of its URLs, in lower case, without `://`.
    static var schemes: [String] { get }
    /// What stands between `://` and the first `/`, such as "a bucket"; `nil` where nothing does.
    static var authority: String? { get }
    /// Whether `prefix/` and patterns name many objects here.
    static var lists: Bool { get }
    /// Whether a key is path and query as they stand in a URL.
    static var keysAreURLs: Bool { get }
    /// What can be said of its places.
    static var settings: Set<StoreSettings.Name> { get }
    /// Metadata goes in headers as it is, and is refused where it is not ASCII.
    static var metadataIsASCII: Bool { get }

    /// Takes apart what follows `://`.
    static func parse(_ scheme: String, _ rest: Substring) throws(Location.Problem) -> Location

    /// Made when the first location of its kind is resolved. Throws `.configuration`.
    init(_ context: StoreContext) throws(TransferError)
    /// Connects nothing.
    func store(at location: Location) throws(TransferError) -> any ObjectStore
}

extension StoreKind {
    static var lists: Bool { true }
    static var keysAreURLs: Bool { false }
    static var settings: Set<StoreSettings.Name> { [] }
    static var metadataIsASCII: Bool { false }
}

/// What kinds of stores are made from.
struct StoreContext: Sendable {
    let configuration: StoreConfiguration
    /// One pool of connections for all stores.
    let client: any HTTPRequesting
    /// Credentials of containers and machines come from link-local addresses, which no proxy reaches.
    let direct: any HTTPRequesting
}

/// Resolves locations to stores. All stores share one connection pool; equal places share one store's state (region,
/// credentials, clock).
package final class StoreRegistry: StoreResolver {
    static let kinds: [any StoreKind.Type] = [
        S3Service.self, GoogleService.self, AzureService.self, WebKind.self, FileKind.self,
    ]

    static func kind(of scheme: String) -> (any StoreKind.Type)? { kinds.first { $0.schemes.contains(scheme) } }

    private let configuration: StoreConfiguration
    /// A failure where certificates that the environment names cannot be read: said to whoever resolves a URL.
    private let client: Result<HTTPClient, TransferError>
    private let direct: HTTPClient
    private struct Making: Hashable {
        var kind: ObjectIdentifier
        var settings: StoreSettings
    }

    private let made = Mutex<[Making: any StoreKind]>([:])

    package init(_ configuration: StoreConfiguration) {
        self.configuration = configuration
        client = Result { () throws(TransferError) in HTTPClient(try configuration.httpWithCertificates()) }
        direct = HTTPClient(HTTPClientConfiguration(proxy: .none, maximumConnections: 2))
    }

    /// Connects nothing; reads AWS's shared files when the first bucket is asked for. Throws `.configuration`.
    package func resolve(_ url: String, _ settings: StoreSettings) throws(TransferError) -> ResolvedURL {
        let location = try Location(url)
        guard let kind = location.kind else {
            throw TransferError("-", .configuration, "the standard streams cannot be used here")
        }
        let store = try stores(of: kind, settings).store(at: location)
        return ResolvedURL(store: store, base: location.base, key: location.key)
    }

    /// Ends what is under way. Idempotent.
    package func shutdown() async {
        if case .success(let client) = client { await client.shutdown() }
        await direct.shutdown()
    }

    private func stores(of kind: any StoreKind.Type, _ settings: StoreSettings) throws(TransferError) -> any StoreKind {
        // Paths need no client, and work where it could not be made.
        if kind == FileKind.self { return FileKind() }
        let context = StoreContext(
            configuration: configuration.configured(settings), client: try client.get(), direct: direct)
        let making = Making(kind: ObjectIdentifier(kind), settings: settings)
        let result: Result<any StoreKind, TransferError> = made.withLock { made in
            if let stores = made[making] { return .success(stores) }
            return Result { () throws(TransferError) in
                let stores = try kind.init(context)
                made[making] = stores
                return stores
            }
        }
        return try result.get()
    }
}

/// Finds the store that a URL speaks of. The one seam between plans, which know URLs, and stores, which know keys.
package protocol StoreResolver: Sendable {
    /// Takes a URL as a person writes it: one object, a prefix that ends in `/`, or a pattern; also a local path.
    /// Connects nothing. Throws `.configuration` for a scheme or a form that is not known.
    func resolve(_ url: String, _ settings: StoreSettings) throws(TransferError) -> ResolvedURL
}

extension StoreResolver {
    func resolve(_ url: String) throws(TransferError) -> ResolvedURL { try resolve(url, StoreSettings()) }
}

/// A URL taken apart.
package struct ResolvedURL: Sendable {
    var store: any ObjectStore
    /// What names the store and precedes every key, without credentials, signature or user info: `s3://bucket/`.
    var base: String
    /// The object's key, the prefix or the pattern, decoded as the store's own methods take it.
    var key: String

    /// The URL of another object in the same store, fit for errors, logs and manifests.
    ///
    /// Where keys are URLs, the query may be a signature and stays out.
    func url(of key: String) -> String {
        store.traits.keysAreURLs ? base + key.prefix { $0 != "?" } : base + key
    }
}
