internal import Basics
internal import CCrypto
internal import HTTPTransport

/// Tokens for Google, from the first place that has an identity: the file in `GOOGLE_APPLICATION_CREDENTIALS`, gcloud's
/// own, the machine.
struct GoogleTokenSource: Sendable {
    static let missing = TransferError(
        "gs://", .credentials, "no Google credentials were found",
        hint: "give the pod an identity (Workload Identity), set GOOGLE_APPLICATION_CREDENTIALS to a file of "
            + "credentials, or read a public bucket with --no-sign-request or anonymous: true")
    /// Reading and writing objects, no more; what an exchanged identity needs to become a service account is wider.
    private static let scope = "https://www.googleapis.com/auth/devstorage.read_write"
    private static let exchangeScope = "https://www.googleapis.com/auth/cloud-platform"
    /// Seconds.
    private static let life: Int64 = 3600

    private let configuration: StoreConfiguration
    private let service: TokenService
    private let machine: GoogleMetadata

    init(
        _ configuration: StoreConfiguration, client: any HTTPRequesting, direct: any HTTPRequesting,
        now: @escaping EpochClock = systemEpochClock,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.configuration = configuration
        service = TokenService(client: client, direct: direct, now: now)
        machine = GoogleMetadata(
            configuration: configuration, near: NearService(client: direct, pause: pause), service: service)
    }

    /// `nil` where no place has any. Files are read anew each time, because they are rotated.
    func fetch() async throws(TransferError) -> BearerToken? {
        if let path = configuration.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            guard let token = try await token(inFile: configuration.expandingHome(path)) else {
                throw TransferError(path, .credentials, "the file that GOOGLE_APPLICATION_CREDENTIALS names is missing")
            }
            return token
        }
        let folder = configuration.variable("CLOUDSDK_CONFIG") ?? configuration.expandingHome("~/.config/gcloud")
        if !folder.hasPrefix("~"), let token = try await token(inFile: "\(folder)/application_default_credentials.json")
        {
            return token
        }
        return try await machine.token()
    }

    private func token(inFile path: String) async throws(TransferError) -> BearerToken? {
        guard let bytes = try SmallFile.given(path, .credentials) else { return nil }
        guard let fields = JSONFields(parsing: bytes) else {
            throw TransferError(path, .credentials, "is no file of Google credentials")
        }
        var token = try await token(try GoogleIdentity(fields, file: path), scope: Self.scope, file: path)
        token.payer = fields["quota_project_id"]
        return token
    }

    private func token(_ identity: GoogleIdentity, scope: String, file: String) async throws(TransferError)
        -> BearerToken
    {
        switch identity {
        case .serviceAccount(let email, let key, let keyID, let url):
            let now = service.now()
            let claims: JSONValue = [
                "iss": .string(email), "scope": .string(scope), "aud": .string(url.text), "iat": .integer(now),
                "exp": .integer(now + Self.life),
            ]
            guard let assertion = JSONWebToken.rs256(claims, keyID: keyID, pem: key) else {
                throw TransferError(file, .credentials, "its private_key is no RSA key in PEM")
            }
            let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)]
            return try service.token(try await service.post(url, form: form, object: email), object: email)
        case .user(let clientID, let secret, let refreshToken, let url):
            let form = [
                ("grant_type", "refresh_token"), ("client_id", clientID), ("client_secret", secret),
                ("refresh_token", refreshToken),
            ]
            return try service.token(try await service.post(url, form: form, object: file), object: file)
        case .external(let account):
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("audience", account.audience),
                ("scope", scope), ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token", try await subjectToken(account, file: file)),
                ("subject_token_type", account.subjectTokenType),
            ]
            let fields = try await service.post(account.tokenURL, form: form, object: account.audience)
            return try service.token(fields, object: account.audience)
        case .impersonated(let url, let other):
            let token = try await token(other, scope: Self.exchangeScope, file: file)
            let wanted: JSONValue = ["scope": [.string(scope)], "lifetime": .string("\(Self.life)s")]
            let request = HTTPRequest(
                "POST", url.text,
                headers: ["Content-Type": "application/json", "Authorization": "Bearer \(token.value)"],
                body: .bytes(Array(wanted.text.utf8)))
            let fields = try await service.fields(request, object: url.redacted)
            let end = fields["expireTime"].flatMap { CivilTime(internet: $0)?.secondsSince1970 }
            return try TokenService.token(
                fields["accessToken"], until: end ?? service.now() + Self.life, object: url.redacted)
        }
    }

    private func subjectToken(_ account: GoogleIdentity.ExternalAccount, file: String) async throws(TransferError)
        -> String
    {
        let document: [UInt8]
        let origin: String
        switch account.source {
        case .aws(let url):
            return try await AWSCallerProof(configuration, service: service).text(for: account.audience, url: url)
        case .file(let path):
            guard account.field != nil else { return try TokenFile.read(path, needed: "the external account") }
            origin = path
            do { document = try SmallFile.bytes(path, pipes: true) } catch {
                throw TransferError(path, .credentials, "cannot be read: \(error.reason)")
            }
        case .url(let url, let headers):
            guard let url = WebURL(url) else {
                throw TransferError(file, .credentials, "credential_source.url is no URL")
            }
            var request = HTTPRequest("GET", url.text)
            for (name, value) in headers.sorted(by: { $0.key < $1.key }) { request.headers.add(name, value) }
            origin = url.redacted
            document = try await service.body(request, object: origin)
        }
        let token =
            account.field.map { JSONFields(parsing: document)?[$0] } ?? String(decoding: document, as: UTF8.self)
        guard let token = token?.filter({ !$0.isWhitespace }), !token.isEmpty else {
            throw TransferError(origin, .credentials, "holds no token for the external account")
        }
        return token
    }
}

/// The metadata server of a machine or pod at Google. Elsewhere nobody answers, or another cloud's.
struct GoogleMetadata: Sendable {
    private static let path = "/computeMetadata/v1/instance/service-accounts/default/token"

    let configuration: StoreConfiguration
    let near: NearService
    let service: TokenService

    /// `nil` where there is no such server, or it knows no account.
    func token() async throws(TransferError) -> BearerToken? {
        guard configuration.variable("NO_GCE_CHECK")?.lowercased() != "true" else { return nil }
        let named = configuration.variable("GCE_METADATA_HOST")
        guard let url = WebURL("http://\(named ?? "169.254.169.254")\(Self.path)") else {
            throw TransferError("GCE_METADATA_HOST", .configuration, "is no host")
        }
        let request = HTTPRequest("GET", url.text, headers: ["Metadata-Flavor": "Google"])
        // The same address is another cloud's elsewhere.
        guard
            let answer = try await near.answer(
                to: request, named: named != nil, passing: { $0.status >= 500 || $0.status == 429 }),
            named != nil || answer.head.headers["Metadata-Flavor"] == "Google"
        else { return nil }
        if answer.head.status == 404 { return nil }
        guard answer.head.isSuccess, let fields = JSONFields(parsing: answer.body) else {
            throw TokenService.refusal(answer.head.status, answer.body, object: url.text)
        }
        return try service.token(fields, object: url.text)
    }
}

/// A signed statement (RFC 7519).
enum JSONWebToken {
    /// - Parameter pem: the text of an RSA key.
    /// - Returns: `nil` where it is none.
    static func rs256(_ claims: JSONValue, keyID: String?, pem: String) -> String? {
        let header = JSONValue.object(present: ["alg": "RS256", "typ": "JWT", "kid": keyID.map { .string($0) }])
        let statement = "\(encode(Array(header.text.utf8))).\(encode(Array(claims.text.utf8)))"
        guard let signature = sign(Array(statement.utf8), pem: Array(pem.utf8)) else { return nil }
        return "\(statement).\(encode(signature))"
    }

    /// Base 64 for URLs, without padding (RFC 4648 §5).
    private static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).filter { $0 != "=" }.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    private static func sign(_ message: [UInt8], pem: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        let key: OpaquePointer? = pem.withUnsafeBytes { pem in
            guard let source = BIO_new_mem_buf(pem.baseAddress, Int32(clamping: pem.count)) else { return nil }
            defer { BIO_free(source) }
            // A key under a password is refused instead of asking the terminal for it.
            return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else { return nil }
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        var length = 0
        guard EVP_DigestSign(context, nil, &length, message, message.count) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else { return nil }
        return Array(signature.prefix(length))
    }
}
