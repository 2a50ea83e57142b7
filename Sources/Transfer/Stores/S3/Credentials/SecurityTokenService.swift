internal import Basics
internal import HTTPTransport
internal import WorkdirProtocol

/// AWS STS: exchanges an identity for a role's short-lived credentials.
struct SecurityTokenService: Sendable {
    var client: any HTTPRequesting
    var endpoint: WebURL
    var region: String
    var clock: ServerClock
    private let keys = SigningKeys()

    init(_ configuration: StoreConfiguration, profiles: AWSProfiles, client: any HTTPRequesting, clock: ServerClock)
        throws(TransferError)
    {
        self.client = client
        self.clock = clock
        let configured = configuration.region ?? profiles.region(configuration)
        region = configured ?? S3Settings.defaultRegion
        let custom = profiles.endpointURL(service: "sts", configuration)
        // Without a region the global endpoint answers, which signs for us-east-1.
        let host = configured.map { "sts.\($0).\(S3Endpoint.domain(of: $0))" } ?? "sts.amazonaws.com"
        guard let endpoint = WebURL(custom ?? "https://\(host)/") else {
            throw TransferError("AWS_ENDPOINT_URL_STS", .configuration, "the URL cannot be read")
        }
        self.endpoint = endpoint
    }

    /// Unsigned: the token is the proof.
    func assumeRole(_ role: CredentialPlan.Role, webIdentityToken token: String) async throws(TransferError)
        -> AWSCredentials
    {
        try await call(
            "AssumeRoleWithWebIdentity", role: role, more: [("WebIdentityToken", token)], signedBy: nil)
    }

    func assumeRole(_ role: CredentialPlan.Role, by credentials: AWSCredentials) async throws(TransferError)
        -> AWSCredentials
    {
        let more = role.externalID.map { [("ExternalId", $0)] } ?? []
        return try await call("AssumeRole", role: role, more: more, signedBy: credentials)
    }

    private func call(
        _ action: String, role: CredentialPlan.Role, more: [(String, String)], signedBy credentials: AWSCredentials?
    ) async throws(TransferError) -> AWSCredentials {
        var fields = [
            ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role.arn),
            ("RoleSessionName", role.session ?? "kpipe-sidecar-\(clock.now())"),
        ]
        if let duration = role.duration { fields.append(("DurationSeconds", String(duration))) }
        let form = (fields + more)
            .map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let body = Array(form.utf8)
        var request = SigV4.Request(method: "POST", origin: endpoint.origin, path: endpoint.target)
        request.headers = ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"]
        request.payload = Hex.encode(MessageDigest.sha256(body))
        let headers =
            credentials.map {
                SigV4(service: "sts", region: region).sign(request, with: $0, at: clock.now(), keys: keys)
            } ?? request.headers
        let answer: (head: HTTPResponseHead, body: [UInt8])
        do {
            answer = try await client.execute(
                HTTPRequest(
                    "POST", request.url, headers: headers, body: .bytes(body),
                    timeouts: .identityService),
                upTo: 1 << 20)
        } catch { throw TransferError(error, object: role.arn) }
        return try Self.credentials(in: answer, role: role)
    }

    private static func credentials(in answer: (head: HTTPResponseHead, body: [UInt8]), role: CredentialPlan.Role)
        throws(TransferError) -> AWSCredentials
    {
        let document = XMLElement(parsing: answer.body)
        guard answer.head.isSuccess else {
            let error = document?.find("Error")
            let code = error?.value("Code") ?? "status \(answer.head.status)"
            let words = error?.value("Message") ?? ""
            throw TransferError(
                role.arn, reason(answer.head.status, code, words), "STS gave no credentials: \(code) \(words)",
                hint: "check the role's trust policy and the pod's service account")
        }
        guard let credentials = AWSCredentials(in: document) else {
            throw TransferError(role.arn, .protocolViolation, "the answer of STS holds no credentials")
        }
        return credentials
    }

    /// What may pass comes with 400, too: a thousand pods that begin at once ask for more than STS gives, and the cluster's
    /// own keys are not always at hand.
    private static func reason(_ status: Int, _ code: String, _ words: String) -> TransferError.Reason {
        switch code {
        case "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException":
            .throttled(retryAfter: nil)
        case "IDPCommunicationError": .server(status: 500)
        case "InvalidIdentityToken" where words.contains("verification key"):
            .server(status: 500)
        default: status == 429 ? .throttled(retryAfter: nil) : status >= 500 ? .server(status: status) : .credentials
        }
    }
}

/// A projected service account token exchanged for a role (EKS, IRSA). The file is read at each refresh, because the
/// kubelet rotates it.
struct WebIdentitySource: AWSCredentialSource {
    var tokenFile: String
    var role: CredentialPlan.Role
    var service: SecurityTokenService

    /// From `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME`; `nil` where they are not set.
    init?(_ configuration: StoreConfiguration, service: SecurityTokenService) {
        guard let file = configuration.variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
            let arn = configuration.variable("AWS_ROLE_ARN")
        else { return nil }
        let role = CredentialPlan.Role(arn: arn, session: configuration.variable("AWS_ROLE_SESSION_NAME"))
        self.init(tokenFile: file, role: role, service: service)
    }

    init(tokenFile: String, role: CredentialPlan.Role, service: SecurityTokenService) {
        self.tokenFile = tokenFile
        self.role = role
        self.service = service
    }

    func fetch() async throws(TransferError) -> AWSCredentials? {
        try await service.assumeRole(role, webIdentityToken: try TokenFile.read(tokenFile, needed: "web identity"))
    }
}

/// A file that holds one token.
enum TokenFile {
    static func read(_ path: String, needed purpose: String) throws(TransferError) -> String {
        let bytes = try SmallFile.given(path, .credentials)
        let token = String(decoding: bytes ?? [], as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TransferError(
                path, .credentials,
                bytes == nil ? "the token file for \(purpose) is missing" : "holds no token for \(purpose)")
        }
        return token
    }
}
