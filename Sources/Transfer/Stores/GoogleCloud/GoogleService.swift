internal import Basics
internal import HTTPTransport
internal import Synchronization

/// What all of Google's buckets share: where the service is, who asks, and uploads that broke off.
final class GoogleService: StoreKind {
    static var schemes: [String] { ["gs"] }
    static var authority: String? { "a bucket" }
    static var settings: Set<StoreSettings.Name> { [.endpoint, .anonymous, .storageClass, .contentType, .metadata] }

    static func parse(_ scheme: String, _ rest: Substring) throws(Location.Problem) -> Location {
        try .inBucket(self, scheme, rest)
    }

    let requests: TokenRequests
    let timeouts: HTTPTimeouts
    let settings: StoreSettings
    let sessions = GoogleSessions()
    /// An emulator's, or Google's own; without `/` at its end.
    private let base: String
    let origin: WebOrigin
    /// The project that pays for requests to buckets whose owner does not.
    private let payer: String?

    init(_ configuration: StoreConfiguration, requests: TokenRequests) throws(TransferError) {
        settings = configuration.settings
        let emulator = configuration.variable("STORAGE_EMULATOR_HOST")
        let given = settings.endpoint ?? emulator.map { $0.contains("://") ? $0 : "http://\($0)" }
        guard let url = WebURL(given ?? "https://storage.googleapis.com"), !url.target.contains("?") else {
            throw TransferError(
                settings.endpoint == nil ? "STORAGE_EMULATOR_HOST" : "endpoint", .configuration, "is not a URL",
                hint: "write it as http://HOST:PORT")
        }
        guard requests.tokens == nil || url.origin.scheme == .https || url.origin.isLoopback else {
            throw TransferError(
                "gs://", .configuration, "\(url.origin.text) must not see credentials in the clear", hint: "use https")
        }
        base = url.target.hasSuffix("/") ? String(url.text.dropLast()) : url.text
        origin = url.origin
        payer = configuration.variable("GOOGLE_CLOUD_QUOTA_PROJECT")
        timeouts = configuration.timeouts
        self.requests = requests
    }

    convenience init(_ context: StoreContext) throws(TransferError) {
        let configuration = context.configuration
        // An emulator is nobody to show a token to.
        let isEmulator =
            configuration.variable("STORAGE_EMULATOR_HOST") != nil && configuration.settings.endpoint == nil
        let isAnonymous = configuration.anonymous || isEmulator
        let source = GoogleTokenSource(configuration, client: context.client, direct: context.direct)
        let tokens = CredentialCache<BearerToken>(missing: GoogleTokenSource.missing) {
            () async throws(TransferError) in try await source.fetch()
        }
        try self.init(
            configuration, requests: TokenRequests(client: context.client, tokens: isAnonymous ? nil : tokens))
    }

    func store(at location: Location) -> any ObjectStore { GoogleStore(self, bucket: location.authority) }

    /// The call as it is sent, without authorisation.
    func request(_ call: GoogleCall, payer token: String?) -> HTTPRequest {
        var query = call.query
        var headers = call.headers
        if let payer = payer ?? token {
            if call.isXML { headers["x-goog-user-project"] = payer } else { query.append(("userProject", payer)) }
        }
        let text = query.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }
        let url = call.path.hasPrefix("/") ? base + call.path : call.path
        return HTTPRequest(
            call.method, text.isEmpty ? url : "\(url)?\(text.joined(separator: "&"))", headers: headers,
            body: call.body, timeouts: call.timeouts ?? timeouts)
    }
}

/// One request to Google's JSON or XML interface.
struct GoogleCall {
    var method = "GET"
    /// Encoded, from `/`; or a whole URL that the service gave.
    var path: String
    var query: [(String, String)] = []
    var headers: HTTPHeaders = [:]
    var body = HTTPRequestBody.none
    var timeouts: HTTPTimeouts?
    var isXML = false

    mutating func carry(_ document: JSONValue) {
        body = .bytes(Array(document.text.utf8))
        headers["Content-Type"] = "application/json"
    }
}

/// Resumable uploads that broke off: where the engine's next attempt goes on.
final class GoogleSessions: Sendable {
    private static let most = 256
    private let open = Mutex<[String: String]>([:])

    subscript(upload: String) -> String? {
        get { open.withLock { $0[upload] } }
        set {
            open.withLock { open in
                // Left behind by transfers that were given up; the service forgets them after a week.
                if open.count >= Self.most { open.removeAll() }
                open[upload] = newValue
            }
        }
    }
}
