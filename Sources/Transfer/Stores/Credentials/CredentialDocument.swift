internal import Basics
internal import FoundationEssentials
internal import WorkdirProtocol

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
        guard let document = try? JSONDecoder().decode(CredentialDocument.self, from: Data(bytes)) else {
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
