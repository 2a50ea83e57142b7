/// Where credentials come from. Asked before every request, so the answer is cached as long as it holds.
public protocol CredentialSource: Sendable {
    /// - Throws: `.credentials`, `.cancelled`.
    func credential() async throws(KubeError) -> Credential
    /// The server answered 401 to this one: whoever asks next may get another.
    func reject(_ credential: Credential)
}

/// A credential that never changes.
public struct FixedCredential: CredentialSource {
    private let value: Credential

    public init(_ value: Credential) { self.value = value }

    public func credential() -> Credential { value }
    public func reject(_ credential: Credential) {}
}
