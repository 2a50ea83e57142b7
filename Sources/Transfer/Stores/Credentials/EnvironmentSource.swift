/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`.
struct EnvironmentSource: CredentialSource {
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
