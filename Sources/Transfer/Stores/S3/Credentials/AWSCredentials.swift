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
        object: "s3://", reason: .credentials, message: "no AWS credentials were found",
        hint: "give the pod a role (web identity), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or read a "
            + "public bucket with --no-sign-request")
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

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
struct EnvironmentSource: AWSCredentialSource {
    var configuration: StoreConfiguration

    func fetch() async throws(TransferError) -> AWSCredentials? {
        guard let id = configuration.variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = configuration.variable("AWS_SECRET_ACCESS_KEY") else {
            throw TransferError(
                object: "AWS_SECRET_ACCESS_KEY", reason: .credentials,
                message: "is not set although AWS_ACCESS_KEY_ID is")
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: configuration.variable("AWS_SESSION_TOKEN"))
    }
}

/// The JSON in which container, instance and process credentials come; the field for the token differs.
struct CredentialDocument: Decodable {
    var code: String?
    var message: String?
    var accessKeyID: String?
    var secretAccessKey: String?
    var token: String?
    var sessionToken: String?
    var expiration: String?

    private enum CodingKeys: String, CodingKey {
        case code = "Code"
        case message = "Message"
        case accessKeyID = "AccessKeyId"
        case secretAccessKey = "SecretAccessKey"
        case token = "Token"
        case sessionToken = "SessionToken"
        case expiration = "Expiration"
    }

    /// Throws `.credentials`; `source` names where the document came from.
    static func credentials(_ bytes: [UInt8], from source: String) throws(TransferError) -> AWSCredentials {
        func refuse(_ message: String) -> TransferError {
            TransferError(object: source, reason: .credentials, message: message)
        }
        guard let document = try? JSONCoding.decode(CredentialDocument.self, from: bytes) else {
            throw refuse("the credentials are not the JSON that was expected")
        }
        if let code = document.code, code != "Success" {
            throw refuse("no credentials: \(code) \(document.message ?? "")")
        }
        guard let id = document.accessKeyID, let secret = document.secretAccessKey, !id.isEmpty, !secret.isEmpty else {
            throw refuse("the credentials lack AccessKeyId or SecretAccessKey")
        }
        var expiration: Int64?
        if let text = document.expiration {
            guard let time = CivilTime(internet: text) else {
                throw refuse("the credentials' expiration cannot be read")
            }
            expiration = time.secondsSince1970
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: document.token ?? document.sessionToken,
            expiration: expiration)
    }
}
