internal import HTTPTransport

/// Credentials of the machine's role, by version 2 of the instance metadata service. Comes last and gives up fast:
/// elsewhere than on EC2 nobody answers.
struct InstanceSource: CredentialSource {
    private static let defaultEndpoint = "http://169.254.169.254"
    /// Seconds.
    private static let tokenLife = "21600"

    var configuration: StoreConfiguration
    var client: any HTTPExchange

    func fetch() async throws(TransferError) -> AWSCredentials? {
        guard !configuration.flag("AWS_EC2_METADATA_DISABLED") else { return nil }
        let configured = configuration.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        guard let endpoint = WebURL(configured ?? Self.defaultEndpoint) else {
            throw TransferError(
                object: "AWS_EC2_METADATA_SERVICE_ENDPOINT", reason: .configuration, message: "is not a URL")
        }
        let base = endpoint.origin.text
        guard
            let token = try await ask(
                "PUT", base + "/latest/api/token", ["X-aws-ec2-metadata-token-ttl-seconds": Self.tokenLife])
        else { return nil }
        let headers: HTTPHeaders = ["X-aws-ec2-metadata-token": String(decoding: token, as: UTF8.self)]
        let folder = base + "/latest/meta-data/iam/security-credentials/"
        guard let roles = try await ask("GET", folder, headers),
            let role = String(decoding: roles, as: UTF8.self).split(whereSeparator: \.isNewline).first,
            let document = try await ask("GET", folder + PercentEncoding.encode(role), headers)
        else { return nil }
        return try CredentialDocument.credentials(document, from: folder + role)
    }

    /// `nil` where there is no such service, or no role: the chain then has no credentials, which says enough.
    private func ask(_ method: String, _ url: String, _ headers: HTTPHeaders) async throws(TransferError) -> [UInt8]? {
        let request = HTTPRequest(
            method, url, headers: headers,
            timeouts: HTTPTimeouts(connect: .seconds(1), firstByte: .seconds(1), total: .seconds(2)))
        do {
            let answer = try await client.execute(request, upTo: 1 << 20)
            guard answer.head.status < 500 else {
                throw TransferError(
                    object: url, reason: .server(status: answer.head.status),
                    message: "instance metadata answered \(answer.head.status)")
            }
            return answer.head.isSuccess ? answer.body : nil
        } catch let error as TransportError {
            if error.reason == .cancelled { throw TransferError(error, object: url) }
            return nil
        } catch let error as TransferError { throw error } catch { return nil }
    }
}
