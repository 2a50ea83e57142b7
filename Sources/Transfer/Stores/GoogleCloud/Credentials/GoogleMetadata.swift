internal import HTTPTransport

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
