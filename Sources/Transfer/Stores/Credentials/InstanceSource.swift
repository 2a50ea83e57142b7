internal import Basics
internal import HTTPTransport

/// Credentials of the machine's role.
struct InstanceSource: CredentialSource {
    private static let folder = "/latest/meta-data/iam/security-credentials/"

    private let metadata: InstanceMetadata

    init(configuration: StoreConfiguration, client: any HTTPExchange) {
        metadata = InstanceMetadata(configuration: configuration, client: client)
    }

    /// `nil` where there is no such service, or no role: the chain then has no credentials, which says enough.
    func fetch() async throws(TransferError) -> AWSCredentials? {
        guard let session = try await metadata.open(), let roles = try await session.get(Self.folder),
            let role = String(decoding: roles, as: UTF8.self).split(whereSeparator: \.isNewline).first,
            let document = try await session.get(Self.folder + PercentEncoding.encode(role))
        else { return nil }
        return try CredentialDocument.credentials(document, from: session.base + Self.folder + role)
    }
}
