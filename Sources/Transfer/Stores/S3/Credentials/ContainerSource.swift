internal import HTTPTransport

/// Credentials from the container's own endpoint (ECS, EKS Pod Identity).
struct ContainerSource: AWSCredentialSource {
    private static let host = "http://169.254.170.2"
    /// Besides loopback, the addresses that may be asked without TLS: ECS, and EKS Pod Identity in v4 and v6.
    private static let allowed: Set<String> = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    var configuration: StoreConfiguration
    var client: any HTTPRequesting

    func fetch() async throws(TransferError) -> AWSCredentials? {
        guard let url = try Self.url(configuration) else { return nil }
        var headers: HTTPHeaders = ["Accept": "application/json"]
        if let token = try authorization() { headers["Authorization"] = token }
        let request = HTTPRequest(
            "GET", url.text, headers: headers,
            timeouts: HTTPTimeouts(connect: .seconds(2), firstByte: .seconds(5), total: .seconds(10)))
        let answer: (head: HTTPResponseHead, body: [UInt8])
        do { answer = try await client.execute(request, upTo: 1 << 20) } catch {
            throw TransferError(error, object: url.redacted)
        }
        guard answer.head.isSuccess else {
            let status = answer.head.status
            throw TransferError(
                url.redacted, status >= 500 || status == 429 ? .server(status: status) : .credentials,
                "the container's credential endpoint answered \(status)")
        }
        return try CredentialDocument.credentials(answer.body, from: url.redacted)
    }

    /// `nil` where no endpoint is configured. Throws `.configuration` for one that must not be given a token.
    static func url(_ configuration: StoreConfiguration) throws(TransferError) -> WebURL? {
        if let relative = configuration.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return WebURL(host + (relative.hasPrefix("/") ? relative : "/" + relative))
        }
        guard let full = configuration.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        guard let url = WebURL(full) else {
            throw TransferError("AWS_CONTAINER_CREDENTIALS_FULL_URI", .configuration, "is not a URL")
        }
        guard url.origin.scheme == .https || url.origin.isLoopback || allowed.contains(url.origin.host) else {
            throw TransferError(
                url.redacted, .configuration,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that must not see credentials in the clear",
                hint: "use https, loopback, 169.254.170.2, 169.254.170.23 or fd00:ec2::23")
        }
        return url
    }

    /// The file is read each time, because it is rotated, and wins over the variable.
    private func authorization() throws(TransferError) -> String? {
        if let file = configuration.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            return try TokenFile.read(file, needed: "the container's credentials")
        }
        guard let token = configuration.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") else { return nil }
        guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw TransferError("AWS_CONTAINER_AUTHORIZATION_TOKEN", .configuration, "cannot stand in a header")
        }
        return token
    }
}
