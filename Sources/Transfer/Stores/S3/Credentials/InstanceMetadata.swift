internal import Basics
internal import HTTPTransport

/// Version 2 of the instance metadata service: what a machine of EC2 knows of itself. Elsewhere nobody answers, so it is
/// asked last and gives up fast.
struct InstanceMetadata: Sendable {
    private static let defaultEndpoint = "http://169.254.169.254"
    /// Seconds.
    private static let tokenLife = "21600"

    var configuration: StoreConfiguration
    var client: any HTTPRequesting

    /// A session in which things can be asked for; `nil` where there is no such service. Throws `.configuration`, and
    /// `.server` where the service is in trouble.
    func open() async throws(TransferError) -> Session? {
        guard !configuration.flag("AWS_EC2_METADATA_DISABLED") else { return nil }
        let configured = configuration.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        guard let endpoint = WebURL(configured ?? Self.defaultEndpoint) else {
            throw TransferError(
                object: "AWS_EC2_METADATA_SERVICE_ENDPOINT", reason: .configuration, message: "is not a URL")
        }
        let base = endpoint.origin.text
        let life: HTTPHeaders = ["X-aws-ec2-metadata-token-ttl-seconds": Self.tokenLife]
        guard let token = try await Self.ask(client, "PUT", base + "/latest/api/token", life) else { return nil }
        return Session(base: base, token: String(decoding: token, as: UTF8.self), client: client)
    }

    /// The region of the machine, where it says one.
    func region() async -> String? {
        guard let session = try? await open(),
            let answer = try? await session.get("/latest/meta-data/placement/region")
        else { return nil }
        let region = String(decoding: answer, as: UTF8.self)
        let isName = !region.isEmpty && region.utf8.allSatisfy(PercentEncoding.isUnreserved)
        return isName && region.utf8.count < 64 ? region : nil
    }

    struct Session: Sendable {
        let base: String
        fileprivate let token: String
        fileprivate let client: any HTTPRequesting

        /// `nil` for what the machine does not have.
        func get(_ path: String) async throws(TransferError) -> [UInt8]? {
            try await InstanceMetadata.ask(client, "GET", base + path, ["X-aws-ec2-metadata-token": token])
        }
    }

    private static func ask(
        _ client: any HTTPRequesting, _ method: String, _ url: String, _ headers: HTTPHeaders
    ) async throws(TransferError) -> [UInt8]? {
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

/// The machine's region, asked for once however many want to know it.
actor InstanceRegion {
    private let metadata: InstanceMetadata
    private var asking: Task<String?, Never>?

    init(_ metadata: InstanceMetadata) { self.metadata = metadata }

    /// `nil` where the machine does not say.
    func value() async -> String? {
        // Not a child of whoever happens to ask first: his cancellation is not that of the others.
        let asking = asking ?? Task { [metadata] in await metadata.region() }
        self.asking = asking
        return await asking.value
    }
}

/// Credentials of the machine's role.
struct InstanceSource: AWSCredentialSource {
    private static let folder = "/latest/meta-data/iam/security-credentials/"

    private let metadata: InstanceMetadata

    init(configuration: StoreConfiguration, client: any HTTPRequesting) {
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
