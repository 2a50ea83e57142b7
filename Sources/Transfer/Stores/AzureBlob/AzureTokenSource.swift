internal import Basics
internal import HTTPTransport

/// Tokens of Microsoft Entra for storage, from the first place that has an identity: the pod's service account (workload
/// identity), a client's secret, the platform's or the machine's managed identity.
struct AzureTokenSource: Sendable {
    static let missing = TransferError(
        "az://", .credentials, "no Azure credentials were found",
        hint: "give the pod a workload identity (label azure.workload.identity/use), set AZURE_STORAGE_KEY or "
            + "AZURE_STORAGE_SAS_TOKEN, or read a public container with --no-sign-request or anonymous: true")
    private static let resource = "https://storage.azure.com/"

    private let configuration: StoreConfiguration
    private let service: TokenService
    private let near: NearService

    init(
        _ configuration: StoreConfiguration, client: any HTTPRequesting, direct: any HTTPRequesting,
        now: @escaping EpochClock = systemEpochClock,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.configuration = configuration
        service = TokenService(client: client, direct: direct, now: now)
        near = NearService(client: direct, pause: pause)
    }

    /// `nil` where no place has any.
    func fetch() async throws(TransferError) -> BearerToken? {
        if let file = configuration.variable("AZURE_FEDERATED_TOKEN_FILE") {
            // Read each time, because the kubelet rotates it.
            let assertion = try TokenFile.read(file, needed: "workload identity")
            return try await token(
                proven: [
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion),
                ], because: "AZURE_FEDERATED_TOKEN_FILE")
        }
        if let secret = configuration.variable("AZURE_CLIENT_SECRET") {
            return try await token(proven: [("client_secret", secret)], because: "AZURE_CLIENT_SECRET")
        }
        if let endpoint = configuration.variable("IDENTITY_ENDPOINT"),
            let secret = configuration.variable("IDENTITY_HEADER")
        {
            guard let url = managed(endpoint, version: "2019-08-01") else { throw Self.noURL("IDENTITY_ENDPOINT") }
            let request = HTTPRequest("GET", url.text, headers: ["X-IDENTITY-HEADER": secret])
            return try service.token(
                try await service.fields(request, object: url.redacted), object: url.redacted)
        }
        return try await machine()
    }

    private func token(proven proof: [(String, String)], because variable: String) async throws(TransferError)
        -> BearerToken
    {
        func needed(_ name: String) throws(TransferError) -> String {
            guard let value = configuration.variable(name) else {
                throw TransferError(
                    name, .credentials, "is not set although \(variable) is",
                    hint: "annotate the service account with azure.workload.identity/client-id, or set it")
            }
            return value
        }
        let client = try needed("AZURE_CLIENT_ID")
        let tenant = try needed("AZURE_TENANT_ID")
        let authority = configuration.variable("AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com/"
        let folder = authority.hasSuffix("/") ? authority : authority + "/"
        guard let url = WebURL("\(folder)\(PercentEncoding.encode(tenant))/oauth2/v2.0/token"),
            url.origin.scheme == .https || url.origin.isLoopback
        else { throw Self.noURL("AZURE_AUTHORITY_HOST") }
        let form = [("grant_type", "client_credentials"), ("client_id", client), ("scope", "\(Self.resource).default")]
        return try service.token(try await service.post(url, form: form + proof, object: client), object: client)
    }

    /// The machine's instance metadata service; `nil` where there is none.
    private func machine() async throws(TransferError) -> BearerToken? {
        // The variable of Azure's own libraries, for stand-ins.
        let named = configuration.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        let base = named ?? "http://169.254.169.254"
        guard let url = managed("\(base)/metadata/identity/oauth2/token", version: "2018-02-01") else {
            throw Self.noURL("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        }
        let request = HTTPRequest("GET", url.text, headers: ["Metadata": "true"])
        let answer = try await near.answer(to: request, named: named != nil) { head in
            // 404 and 410: it is being updated.
            [404, 410, 429].contains(head.status) && Self.isAzures(head, named) || head.status >= 500
        }
        // The same address is another cloud's elsewhere.
        guard let answer, Self.isAzures(answer.head, named) else { return nil }
        guard answer.head.isSuccess, let fields = JSONFields(parsing: answer.body) else {
            var error = TokenService.refusal(answer.head.status, answer.body, object: url.redacted)
            error.hint = "name the managed identity in AZURE_CLIENT_ID, or give the pod a workload identity"
            throw error
        }
        return try service.token(fields, object: url.redacted)
    }

    private static func isAzures(_ head: HTTPResponseHead, _ named: String?) -> Bool {
        named != nil || head.isSuccess || head.headers["Server"]?.hasPrefix("IMDS") == true
    }

    private func managed(_ endpoint: String, version: String) -> WebURL? {
        var query = "api-version=\(version)&resource=\(PercentEncoding.encode(Self.resource))"
        if let client = configuration.variable("AZURE_CLIENT_ID") {
            query += "&client_id=\(PercentEncoding.encode(client))"
        }
        return WebURL("\(endpoint)\(endpoint.contains("?") ? "&" : "?")\(query)")
    }

    private static func noURL(_ variable: String) -> TransferError {
        TransferError(variable, .configuration, "is no URL that may be asked for tokens")
    }
}
