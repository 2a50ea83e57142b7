internal import Basics
internal import HTTPTransport

/// What Google and Azure are shown. Prints nothing of itself.
struct BearerToken: StoreCredential, CustomStringConvertible, CustomDebugStringConvertible {
    var value: String
    /// Seconds since 1970.
    var expiration: Int64?
    /// Who is to be charged for requests, where the identity says so.
    var payer: String?

    var description: String { "a bearer token" }
    var debugDescription: String { description }
}

/// Sends a store's requests with a token, which is fetched anew once where the store refuses it.
struct TokenRequests: Sendable {
    let client: any HTTPRequesting
    /// `nil`: requests say nothing of who asks.
    let tokens: CredentialCache<BearerToken>?

    /// What Google's and Azure's answers bear, those without a body too.
    private static let ids = [
        "x-guploader-uploadid", "x-goog-generation", "Location", "x-ms-request-id", "x-ms-blob-type",
    ]

    /// - Parameter request: is given the token that is in force, for what else depends on it; its authorisation is added.
    func answer(
        _ wanted: ResponseGate.Wanted, object: String, _ request: (BearerToken?) -> HTTPRequest
    ) async throws(TransferError) -> ResponseGate.Answer {
        var refused = false
        while true {
            let token: BearerToken?
            do { token = try await tokens?.credentials() } catch {
                var error = error
                error.object = object
                throw error
            }
            var request = request(token)
            if let token { request.headers["Authorization"] = "Bearer \(token.value)" }
            let answer = try await ResponseGate(wanted).run(request, on: client, object: object)
            try answer.check(isBy: Self.ids, request.method, of: object)
            guard answer.head.status == 401, let token, !refused else { return answer }
            refused = true
            tokens?.reject(token)
            if case .source(let source) = request.body, !source.rewind() { return answer }
        }
    }
}

/// Asks identity services for tokens: one request each, answered in JSON.
struct TokenService: Sendable {
    let client: any HTTPRequesting
    /// For what is on this machine or its link, which no proxy reaches.
    let direct: any HTTPRequesting
    var now: EpochClock = systemEpochClock

    /// - Parameter object: the identity that is asked for, in errors.
    func post(_ url: WebURL, form: [(String, String)], object: String) async throws(TransferError) -> JSONFields {
        let text = form.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        return try await fields(
            HTTPRequest(
                "POST", url.text, headers: ["Content-Type": "application/x-www-form-urlencoded"],
                body: .bytes(Array(text.utf8))), object: object)
    }

    func fields(_ request: HTTPRequest, object: String) async throws(TransferError) -> JSONFields {
        let body = try await body(request, object: object)
        guard let fields = JSONFields(parsing: body) else {
            throw TransferError(object, .credentials, "the answer about a token is no JSON")
        }
        return fields
    }

    func body(_ request: HTTPRequest, object: String) async throws(TransferError) -> [UInt8] {
        var request = request
        request.timeouts = .identityService
        let answer: (head: HTTPResponseHead, body: [UInt8])
        do {
            let origin = WebURL(request.url)?.origin
            let isNear = origin.map { $0.scheme == .http && !$0.host.contains(where: \.isLetter) || $0.isLoopback }
            answer = try await (isNear == true ? direct : client).execute(request, upTo: 1 << 20)
        } catch { throw TransferError(error, object: object) }
        guard answer.head.isSuccess else { throw Self.refusal(answer.head.status, answer.body, object: object) }
        return answer.body
    }

    /// `access_token` with its life in seconds, as OAuth 2 has it (RFC 6749 §5.1), or with its end, as some of Azure's
    /// services do.
    func token(_ fields: JSONFields, object: String) throws(TransferError) -> BearerToken {
        let life = min(max(fields["expires_in"].flatMap { Int64($0) } ?? 3600, 0), 1 << 32)
        let end = fields["expires_on"].flatMap { Int64($0) }
        return try Self.token(fields["access_token"], until: end ?? now() + life, object: object)
    }

    static func token(_ value: String?, until expiration: Int64, object: String) throws(TransferError) -> BearerToken {
        guard let value, value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TransferError(object, .credentials, "the answer holds no token")
        }
        return BearerToken(value: value, expiration: expiration)
    }

    static func refusal(_ status: Int, _ body: [UInt8], object: String) -> TransferError {
        let fields = JSONFields(parsing: body)
        let words = [
            fields?["error"] ?? fields?["error.status"], fields?["error_description"] ?? fields?["error.message"],
        ]
        let given = words.compactMap { $0?.split(whereSeparator: \.isNewline).first.map(String.init) }
        let reason: TransferError.Reason =
            status == 429 ? .throttled(retryAfter: nil) : status >= 500 ? .server(status: status) : .credentials
        return TransferError(
            object, reason, (["no token was given: \(status)"] + given).joined(separator: " "),
            hint: reason == .credentials ? "check the identity, and that it trusts this pod's service account" : nil)
    }
}
