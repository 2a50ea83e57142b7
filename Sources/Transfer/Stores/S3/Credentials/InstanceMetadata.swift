internal import Basics
internal import HTTPTransport

/// Version 2 of the instance metadata service: what a machine of EC2 knows of itself. Elsewhere nobody answers, so it is
/// asked last and gives up fast.
struct InstanceMetadata: Sendable {
    /// After which it is asked again: a pod's network may need some seconds to be there.
    static let pauses: [Duration] = [.milliseconds(250), .milliseconds(500)]
    private static let defaultEndpoint = "http://169.254.169.254"
    /// Seconds.
    private static let tokenLife = "21600"

    var configuration: StoreConfiguration
    var client: any HTTPRequesting
    var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// A session in which things can be asked for; `nil` where there is no such service. Throws `.configuration`,
    /// `.credentials` where the service does not let us have one, and `.server` where it is in trouble.
    func open(asking again: [Duration] = pauses) async throws(TransferError) -> Session? {
        guard !configuration.flag("AWS_EC2_METADATA_DISABLED") else { return nil }
        let configured = configuration.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        guard let endpoint = WebURL(configured ?? Self.defaultEndpoint) else {
            throw TransferError("AWS_EC2_METADATA_SERVICE_ENDPOINT", .configuration, "is not a URL")
        }
        let base = endpoint.origin.text
        let url = base + "/latest/api/token"
        var pauses = again[...]
        while true {
            switch await ask("PUT", url, ["X-aws-ec2-metadata-token-ttl-seconds": Self.tokenLife]) {
            case .success(let answer):
                return try Self.body(of: answer, url).map {
                    Session(base: base, token: String(decoding: $0, as: UTF8.self), metadata: self)
                }
            case .failure(let error):
                if error.reason == .cancelled { throw TransferError(error, object: url) }
                guard error.isTransient, let next = pauses.popFirst() else {
                    if error.reason == .timeout("firstByte") { throw Self.silence(url) }
                    return nil
                }
                do { try await pause(next) } catch _ { throw .cancelled(url) }
            }
        }
    }

    /// The region of the machine, where it says one at once: S3 itself tells the right one a request later.
    func region() async -> String? {
        guard let session = try? await open(asking: []),
            let answer = try? await session.get("/latest/meta-data/placement/region")
        else { return nil }
        let region = String(decoding: answer, as: UTF8.self)
        let isName = !region.isEmpty && region.utf8.allSatisfy(PercentEncoding.isUnreserved)
        return isName && region.utf8.count < 64 ? region : nil
    }

    struct Session: Sendable {
        let base: String
        fileprivate let token: String
        fileprivate let metadata: InstanceMetadata

        /// `nil` for what the machine does not have.
        func get(_ path: String) async throws(TransferError) -> [UInt8]? {
            let url = base + path
            switch await metadata.ask("GET", url, ["X-aws-ec2-metadata-token": token]) {
            case .success(let answer): return try InstanceMetadata.body(of: answer, url)
            case .failure(let error): throw TransferError(error, object: url)
            }
        }
    }

    private func ask(_ method: String, _ url: String, _ headers: HTTPHeaders) async
        -> Result<(head: HTTPResponseHead, body: [UInt8]), TransportError>
    {
        let request = HTTPRequest(
            method, url, headers: headers,
            timeouts: HTTPTimeouts(connect: .seconds(1), firstByte: .seconds(1), total: .seconds(2)))
        return await Result { () async throws(TransportError) in try await client.execute(request, upTo: 1 << 20) }
    }

    private static func body(of answer: (head: HTTPResponseHead, body: [UInt8]), _ url: String) throws(TransferError)
        -> [UInt8]?
    {
        guard answer.head.status < 500 else {
            throw TransferError(
                url, .server(status: answer.head.status), "instance metadata answered \(answer.head.status)")
        }
        return answer.head.isSuccess ? answer.body : nil
    }

    /// Connections to the service pass any number of hops, its token by default one.
    private static func silence(_ url: String) -> TransferError {
        TransferError(
            url, .credentials, "instance metadata is there and gives this pod no token",
            hint: "give the pod a role of its own, or set the instance's HttpPutResponseHopLimit to 2")
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

    init(_ metadata: InstanceMetadata) { self.metadata = metadata }

    /// `nil` where there is no such service, or no role: the chain then has no credentials, which says enough.
    func fetch() async throws(TransferError) -> AWSCredentials? {
        guard let session = try await metadata.open(), let roles = try await session.get(Self.folder),
            let role = String(decoding: roles, as: UTF8.self).split(whereSeparator: \.isNewline).first,
            let document = try await session.get(Self.folder + PercentEncoding.encode(role))
        else { return nil }
        return try CredentialDocument.credentials(document, from: session.base + Self.folder + role)
    }
}
