internal import Basics
internal import HTTPTransport

/// What all of Azure's accounts share: the client, the token, the clock.
final class AzureService: StoreKind {
    static var schemes: [String] { ["az"] }
    static var authority: String? { "an account and a container" }
    static var settings: Set<StoreSettings.Name> {
        [.endpoint, .anonymous, .storageClass, .tags, .contentType, .metadata]
    }
    static var metadataIsASCII: Bool { true }
    /// The newest stable one (https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services).
    static let version = "2026-10-06"

    /// `ACCOUNT/CONTAINER/KEY`.
    static func parse(_ scheme: String, _ rest: Substring) throws(Location.Problem) -> Location {
        let parts = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        func isName(_ name: Substring) -> Bool {
            // `$root`, `$web` and `$logs` are containers too.
            let name = name.hasPrefix("$") ? name.dropFirst() : name
            return (1...63).contains(name.utf8.count)
                && name.utf8.allSatisfy {
                    $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0)
                }
        }
        guard parts.count >= 2, isName(parts[0]), !parts[0].hasPrefix("$"), isName(parts[1]) else {
            throw Location.Problem(
                "this names no account and container of Azure", hint: "write \(scheme)://ACCOUNT/CONTAINER/KEY")
        }
        let key = parts.count > 2 ? String(parts[2]) : ""
        guard key.unicodeScalars.count <= 1024 else { throw Location.Problem("the key is longer than 1024 characters") }
        return Location(
            self, base: "\(scheme)://\(parts[0])/\(parts[1])/", authority: "\(parts[0])/\(parts[1])", key: key)
    }

    let configuration: StoreConfiguration
    private let client: any HTTPRequesting
    private let tokens: CredentialCache<BearerToken>
    private let clock: ServerClock

    init(
        _ configuration: StoreConfiguration, client: any HTTPRequesting, tokens: CredentialCache<BearerToken>,
        clock: ServerClock = ServerClock()
    ) {
        self.configuration = configuration
        self.client = client
        self.tokens = tokens
        self.clock = clock
    }

    convenience init(_ context: StoreContext) {
        let source = AzureTokenSource(context.configuration, client: context.client, direct: context.direct)
        let tokens = CredentialCache<BearerToken>(missing: AzureTokenSource.missing) {
            () async throws(TransferError) in try await source.fetch()
        }
        self.init(context.configuration, client: context.client, tokens: tokens)
    }

    func store(at location: Location) throws(TransferError) -> any ObjectStore {
        let parts = location.authority.split(separator: "/").map(String.init)
        let account = try AzureAccount(parts[0], configuration)
        return AzureStore(service: self, account: account, container: parts[1])
    }

    func answer(
        _ call: AzureCall, at account: AzureAccount, _ wanted: ResponseGate.Wanted, object: String
    ) async throws(TransferError) -> ResponseGate.Answer {
        var needsToken = false
        if case .token = account.proof { needsToken = true }
        let requests = TokenRequests(client: client, tokens: needsToken ? tokens : nil)
        var isCorrected = false
        while true {
            let answer = try await requests.answer(wanted, object: object) { request(call, at: account, $0) }
            // A signature of another time is refused: then by what the server says of the time, once.
            guard case .key = account.proof, answer.head.status == 403, !isCorrected, let time = answer.head.serverTime,
                abs(time - clock.now()) > Self.toleratedDifference
            else { return answer }
            clock.correct(to: time)
            isCorrected = true
            if case .source(let source) = call.body, !source.rewind() { return answer }
        }
    }

    /// In seconds: less is not refused.
    private static let toleratedDifference: Int64 = 300

    /// The call as it is sent, without a token.
    private func request(_ call: AzureCall, at account: AzureAccount, _ token: BearerToken?) -> HTTPRequest {
        var headers = call.headers
        headers["x-ms-version"] = Self.version
        headers["x-ms-date"] = CivilTime(secondsSince1970: clock.now()).http
        if let source = call.source {
            // Azure reads the source as anybody would, and wants to be shown that we may.
            let url = account.endpoint.origin.text + account.endpoint.target + source
            var query: String?
            switch account.proof {
            case .key(let key):
                query = SharedKey.signature(toRead: source, account: account.name, key: key, at: clock.now())
            case .sharedAccess(let signature): query = signature
            case .token: headers["x-ms-copy-source-authorization"] = token.map { "Bearer \($0.value)" }
            case .nothing: break
            }
            headers["x-ms-copy-source"] = query.map { "\(url)?\($0)" } ?? url
        }
        let path = account.endpoint.target + call.path
        var query = call.query.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }
        switch account.proof {
        case .key(let key):
            headers["Authorization"] = SharedKey.authorization(
                call.method, account: account.name, key: key, path: path, query: call.query, headers: headers,
                length: call.length)
        case .sharedAccess(let signature): query.append(signature)
        case .nothing, .token: break
        }
        let url = account.endpoint.origin.text + path
        return HTTPRequest(
            call.method, query.isEmpty ? url : "\(url)?\(query.joined(separator: "&"))", headers: headers,
            body: call.body, timeouts: call.timeouts ?? configuration.timeouts)
    }
}

/// One request to a container, before its authorisation.
struct AzureCall {
    var method: String
    /// Encoded, from `/`.
    var path: String
    var query: [(String, String)] = []
    var headers: HTTPHeaders = [:]
    private(set) var body = HTTPRequestBody.none
    /// The path of a blob of the same account whose bytes are meant, encoded.
    private(set) var source: String?
    /// Of the body, in bytes.
    private(set) var length: Int64 = 0
    var timeouts: HTTPTimeouts?

    init(_ method: String, _ path: String) {
        self.method = method
        self.path = path
    }

    /// The bytes are those of another blob of the account.
    mutating func read(_ path: String) {
        source = path
        body = .bytes([])
    }

    mutating func carry(_ content: any ObjectContent, length: Int64, checksum: Checksum?) {
        body = .source(content)
        self.length = length
        headers["Content-Type"] = ObjectAttributes.defaultType
        switch checksum?.algorithm {
        // The same CRC as S3's, its bytes the other way round.
        case .crc64nvme: headers["x-ms-content-crc64"] = checksum.map { Base64.encode($0.bytes.reversed()) }
        case .md5: headers["Content-MD5"] = checksum?.base64
        case .crc32c, .sha256, nil: break
        }
    }

    mutating func carry(_ document: String) {
        let bytes = Array(document.utf8)
        body = .bytes(bytes)
        length = Int64(bytes.count)
        headers["Content-Type"] = "application/xml"
        headers["Content-MD5"] = MessageDigest.md5(bytes).base64
    }
}
