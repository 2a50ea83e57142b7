/// One place that credentials may come from.
protocol CredentialSource: Sendable {
    /// `nil` where this place is not configured or not there; an error where it is and fails.
    func fetch() async throws(TransferError) -> AWSCredentials?
}

/// The first source that has credentials.
struct CredentialChain: CredentialSource {
    var sources: [any CredentialSource]

    func fetch() async throws(TransferError) -> AWSCredentials? {
        for source in sources {
            if let credentials = try await source.fetch() { return credentials }
        }
        return nil
    }
}
