internal import Basics
internal import WorkdirProtocol

/// What signs a request. Prints only the key's id.
struct AWSCredentials: StoreCredential, CustomStringConvertible, CustomDebugStringConvertible {
    var accessKeyID: String
    var secretAccessKey: String
    var sessionToken: String?
    /// Seconds since 1970; `nil` for keys that do not end.
    var expiration: Int64?

    var description: String { "credentials \(accessKeyID.prefix(4))…" }
    var debugDescription: String { description }

    static let missing = TransferError(
        "s3://", .credentials, "no AWS credentials were found",
        hint: "give the pod a role (web identity), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or read a "
            + "public bucket with --no-sign-request or anonymous: true")
}

extension AWSCredentials {
    /// What STS, or a directory bucket, has given; `nil` where a document holds no credentials that end.
    init?(in document: XMLElement?) {
        guard let found = document?.find("Credentials"), let id = found.value("AccessKeyId"),
            let secret = found.value("SecretAccessKey"), let token = found.value("SessionToken"),
            let end = found.value("Expiration").flatMap({ CivilTime(internet: $0) })
        else { return nil }
        self.init(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiration: end.secondsSince1970)
    }
}

/// One place that credentials may come from.
protocol AWSCredentialSource: Sendable {
    /// `nil` where this place is not configured or not there; an error where it is and fails.
    func fetch() async throws(TransferError) -> AWSCredentials?
}

extension CredentialCache where Kept == AWSCredentials {
    convenience init(_ source: any AWSCredentialSource) {
        self.init(missing: AWSCredentials.missing) { () async throws(TransferError) in try await source.fetch() }
    }
}

/// The first source that has credentials.
struct AWSCredentialChain: AWSCredentialSource {
    var sources: [any AWSCredentialSource]

    func fetch() async throws(TransferError) -> AWSCredentials? {
        for source in sources {
            if let credentials = try await source.fetch() { return credentials }
        }
        return nil
    }
}

extension AWSCredentialChain {
    /// The chain of AWS's own tools: environment, web identity, shared files, container, machine. A profile named on
    /// the command line stands alone.
    init(
        _ configuration: StoreConfiguration, profiles: AWSProfiles, client: any HTTPRequesting,
        direct: any HTTPRequesting, clock: ServerClock, runner: any ProcessRunner = SystemProcessRunner()
    ) throws(TransferError) {
        let service = try SecurityTokenService(configuration, profiles: profiles, client: client, clock: clock)
        let environment = EnvironmentSource(configuration: configuration)
        let container = ContainerSource(configuration: configuration, client: direct)
        let instance = InstanceSource(InstanceMetadata(configuration: configuration, client: direct))
        let profile = ProfileSource(
            configuration: configuration, environment: environment, container: container, instance: instance,
            service: service,
            runner: runner)
        sources = [profile]
        guard configuration.profile == nil else { return }
        sources = [environment]
        if let webIdentity = WebIdentitySource(configuration, service: service) { sources.append(webIdentity) }
        sources += [profile, container, instance] as [any AWSCredentialSource]
    }
}

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
struct EnvironmentSource: AWSCredentialSource {
    var configuration: StoreConfiguration

    func fetch() async throws(TransferError) -> AWSCredentials? {
        guard let id = configuration.variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = configuration.variable("AWS_SECRET_ACCESS_KEY") else {
            throw TransferError("AWS_SECRET_ACCESS_KEY", .credentials, "is not set although AWS_ACCESS_KEY_ID is")
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: configuration.variable("AWS_SESSION_TOKEN"))
    }
}

/// The JSON in which container, instance and process credentials come; the field for the token differs.
enum CredentialDocument {
    /// Throws `.credentials`; `source` names where the document came from.
    static func credentials(_ bytes: [UInt8], from source: String) throws(TransferError) -> AWSCredentials {
        func refuse(_ message: String) -> TransferError {
            TransferError(source, .credentials, message)
        }
        guard let document = JSONFields(parsing: bytes) else {
            throw refuse("the credentials are not the JSON that was expected")
        }
        if let code = document["Code"], code != "Success" {
            throw refuse("no credentials: \(code) \(document["Message"] ?? "")")
        }
        guard let id = document["AccessKeyId"], let secret = document["SecretAccessKey"] else {
            throw refuse("the credentials lack AccessKeyId or SecretAccessKey")
        }
        var expiration: Int64?
        if let text = document["Expiration"] {
            guard let time = CivilTime(internet: text) else {
                throw refuse("the credentials' expiration cannot be read")
            }
            expiration = time.secondsSince1970
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: document["Token"] ?? document["SessionToken"],
            expiration: expiration)
    }
}
