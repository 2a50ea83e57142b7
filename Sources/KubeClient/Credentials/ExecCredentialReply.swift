internal import Basics
internal import YAMLTree

/// What a credential plugin printed: an `ExecCredential` with a status.
struct ExecCredentialReply: Sendable, Equatable {
    struct Failure: Error, Equatable {
        /// Quotes nothing of what was printed: it may be a token.
        var reason: String
    }

    var credential: Credential
    /// Seconds since 1970.
    var expiry: Int64?

    init(parsing bytes: [UInt8], version: ExecPlugin.Version) throws(Failure) {
        guard let root = try? YAMLNode(parsing: bytes), root.mapping != nil else {
            throw Failure(reason: "what it printed is not a JSON object")
        }
        guard root["kind"]?.text == "ExecCredential" else {
            throw Failure(reason: "what it printed is not an ExecCredential")
        }
        guard root["apiVersion"]?.text == version.rawValue else {
            throw Failure(reason: "it printed another apiVersion than \(version.rawValue), which is configured")
        }
        guard let status = root["status"], status.mapping != nil else {
            throw Failure(reason: "the ExecCredential it printed has no status")
        }
        func text(_ field: String) -> String? { status[field]?.text.flatMap { $0.isEmpty ? nil : $0 } }

        var credential = Credential()
        if let token = text("token") {
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw Failure(reason: "the token it printed holds white space or control characters")
            }
            credential.authorization = .bearer(token)
        }
        switch (text("clientCertificateData"), text("clientKeyData")) {
        case (nil, nil): break
        case (let certificate?, let key?):
            do {
                credential.identity = try ClientIdentity(certificate: Array(certificate.utf8), key: Array(key.utf8))
            } catch { throw Failure(reason: error.reason) }
        default: throw Failure(reason: "it printed only one of clientCertificateData and clientKeyData")
        }
        guard credential != Credential() else {
            throw Failure(reason: "it printed neither a token nor a client certificate")
        }
        self.credential = credential
        if let text = text("expirationTimestamp") {
            guard let time = CivilTime(internet: text) else {
                throw Failure(reason: "the expirationTimestamp it printed is not a time (RFC 3339)")
            }
            expiry = time.secondsSince1970
        }
    }
}
