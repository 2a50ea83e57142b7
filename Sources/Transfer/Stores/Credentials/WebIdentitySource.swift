/// A projected service account token exchanged for a role (EKS, IRSA). The file is read at each refresh, because the
/// kubelet rotates it.
struct WebIdentitySource: CredentialSource {
    var tokenFile: String
    var role: CredentialPlan.Role
    var service: SecurityTokenService

    /// From `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME`; `nil` where they are not set.
    init?(_ configuration: StoreConfiguration, service: SecurityTokenService) {
        guard let file = configuration.variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
            let arn = configuration.variable("AWS_ROLE_ARN")
        else { return nil }
        let role = CredentialPlan.Role(arn: arn, session: configuration.variable("AWS_ROLE_SESSION_NAME"))
        self.init(tokenFile: file, role: role, service: service)
    }

    init(tokenFile: String, role: CredentialPlan.Role, service: SecurityTokenService) {
        self.tokenFile = tokenFile
        self.role = role
        self.service = service
    }

    func fetch() async throws(TransferError) -> AWSCredentials? {
        try await service.assumeRole(role, webIdentityToken: try TokenFile.read(tokenFile, needed: "web identity"))
    }
}

/// A file that holds one token.
enum TokenFile {
    static func read(_ path: String, needed purpose: String) throws(TransferError) -> String {
        let bytes: [UInt8]?
        do { bytes = try SmallFile.read(path) } catch {
            throw TransferError(object: path, reason: .credentials, message: "cannot be read: \(error)")
        }
        let token = String(decoding: bytes ?? [], as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TransferError(
                object: path, reason: .credentials,
                message: bytes == nil ? "the token file for \(purpose) is missing" : "holds no token for \(purpose)")
        }
        return token
    }
}
