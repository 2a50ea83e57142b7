internal import Basics
internal import HTTPTransport

/// Who asks Google, as a file of Application Default Credentials says (https://google.aip.dev/auth/4110). Pure: nothing
/// is fetched here.
indirect enum GoogleIdentity: Sendable {
    /// A key that signs requests for tokens.
    case serviceAccount(email: String, key: String, keyID: String?, tokenURL: WebURL)
    /// What `gcloud auth application-default login` leaves.
    case user(clientID: String, secret: String, refreshToken: String, tokenURL: WebURL)
    /// Another cloud's or cluster's word, exchanged.
    case external(ExternalAccount)
    /// Another identity's, who may act as a service account.
    case impersonated(WebURL, by: GoogleIdentity)

    struct ExternalAccount: Sendable {
        var audience: String
        var subjectTokenType: String
        var tokenURL: WebURL
        var source: Source
        /// The field of a document in JSON; `nil`: the whole text is the token.
        var field: String?
    }

    enum Source: Sendable, Equatable {
        case file(String)
        case url(String, headers: [String: String])
        /// A request to AWS that says who signed it; `{region}` in it is to be filled in.
        case aws(verification: String)
    }

    /// Throws `.credentials` for what is no such document, naming `file`.
    init(_ fields: JSONFields, file: String) throws(TransferError) {
        func refuse(_ message: String, _ hint: String? = nil) -> TransferError {
            TransferError(file, .credentials, message, hint: hint)
        }
        func text(_ name: String) throws(TransferError) -> String {
            guard let text = fields[name] else { throw refuse("holds no \(name)") }
            return text
        }
        func url(_ name: String, or standard: String? = nil) throws(TransferError) -> WebURL {
            let given = fields[name] ?? standard
            guard let given else { throw refuse("holds no \(name)") }
            guard let url = WebURL(given) else { throw refuse("\(name) is no URL") }
            // What goes there proves who we are.
            guard url.origin.scheme == .https || url.origin.isLoopback else {
                throw refuse("\(name) names a host that must not see credentials in the clear", "use https")
            }
            return url
        }
        switch fields["type"] {
        case "service_account":
            self = .serviceAccount(
                email: try text("client_email"), key: try text("private_key"), keyID: fields["private_key_id"],
                tokenURL: try url("token_uri", or: Self.tokenURL))
        case "authorized_user":
            self = .user(
                clientID: try text("client_id"), secret: try text("client_secret"),
                refreshToken: try text("refresh_token"), tokenURL: try url("token_uri", or: Self.tokenURL))
        case "external_account":
            let account = ExternalAccount(
                audience: try text("audience"), subjectTokenType: try text("subject_token_type"),
                tokenURL: try url("token_url"), source: try Self.source(fields, file: file),
                field: fields["credential_source.format.type"] == "json"
                    ? try text("credential_source.format.subject_token_field_name") : nil)
            self =
                fields["service_account_impersonation_url"] == nil
                ? .external(account)
                : .impersonated(try url("service_account_impersonation_url"), by: .external(account))
        case "impersonated_service_account":
            guard let inner = fields.within("source_credentials"), inner["type"] != "impersonated_service_account"
            else {
                throw refuse("holds no source_credentials")
            }
            self = .impersonated(
                try url("service_account_impersonation_url"), by: try GoogleIdentity(inner, file: file))
        case let other:
            throw refuse(
                "its type '\(other ?? "")' is not supported",
                "supported are service_account, external_account, impersonated_service_account and authorized_user")
        }
    }

    private static let tokenURL = "https://oauth2.googleapis.com/token"

    private static func source(_ fields: JSONFields, file: String) throws(TransferError) -> Source {
        if let path = fields["credential_source.file"] { return .file(path) }
        if fields["credential_source.environment_id"]?.hasPrefix("aws") == true,
            let url = fields["credential_source.regional_cred_verification_url"]
        {
            return .aws(verification: url)
        }
        if let url = fields["credential_source.url"] {
            let headers = fields.within("credential_source.headers").map(\.texts) ?? [:]
            return .url(url, headers: headers)
        }
        throw TransferError(
            file, .credentials, "its credential_source is not supported",
            hint: "supported are file, url and AWS; a program or a certificate is not")
    }
}

/// What tells Google which role of AWS this is: a request to AWS STS, signed and never sent by us
/// (https://google.aip.dev/auth/4117).
struct AWSCallerProof: Sendable {
    private let source: AWSCredentialChain
    private let region: String?
    private let machine: InstanceMetadata
    private let now: EpochClock

    init(_ configuration: StoreConfiguration, service: TokenService) throws(TransferError) {
        let clock = ServerClock(service.now)
        let profiles = try AWSProfiles(configuration)
        source = try AWSCredentialChain(
            configuration, profiles: profiles, client: service.client, direct: service.direct, clock: clock)
        region = profiles.region(configuration)
        machine = InstanceMetadata(configuration: configuration, client: service.direct)
        now = service.now
    }

    func text(for audience: String, url: String) async throws(TransferError) -> String {
        guard let credentials = try await source.fetch() else {
            throw TransferError(
                audience, .credentials, "there are no AWS credentials to exchange", hint: AWSCredentials.missing.hint)
        }
        let region = if let known = self.region { known } else { await machine.region() ?? S3Settings.defaultRegion }
        guard let url = WebURL(url.replacing("{region}", with: region)) else {
            throw TransferError(audience, .credentials, "regional_cred_verification_url is no URL")
        }
        let parts = url.target.split(separator: "?", maxSplits: 1)
        var request = SigV4.Request(method: "POST", origin: url.origin, path: parts.first.map(String.init) ?? "/")
        request.query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            let value = pair[name.endIndex...].dropFirst()
            return (PercentEncoding.decode(name) ?? "", PercentEncoding.decode(value) ?? "")
        }
        request.headers = ["host": url.origin.authority, "x-goog-cloud-target-resource": audience]
        let signed = SigV4(service: "sts", region: region).sign(
            request, with: credentials, at: now(), keys: SigningKeys())
        let headers = signed.fields.map { field in
            let name = field.name == "Authorization" ? field.name : field.name.lowercased()
            return JSONValue.object([.init("key", .string(name)), .init("value", .string(field.value))])
        }
        let proof: JSONValue = ["url": .string(request.url), "method": "POST", "headers": .array(headers)]
        return PercentEncoding.encode(proof.text)
    }
}
