internal import Basics
internal import Synchronization

/// A credential of which parts stand in files that somebody else renews: a pod's token, a certificate with its key.
///
/// Files are read again at most once a minute, and at once after a 401. What was read last is used on while a file
/// cannot be read, or holds half of a new pair.
final class FileCredential: CredentialProvider {
    enum AuthorizationPart: Sendable {
        case fixed(Credential.Authorization)
        /// - Parameter fallback: used as long as the file has never been readable.
        case tokenFile(String, fallback: String?)
    }

    enum IdentityPart: Sendable {
        case fixed(ClientIdentity)
        case files(certificate: PEMField.Origin, key: PEMField.Origin)
    }

    private struct State {
        var current: Credential?
        var readAt: Duration?
    }

    private static let interval = Duration.seconds(60)

    private let authorization: AuthorizationPart?
    private let identity: IdentityPart?
    private let time: Timepiece
    private let state = Mutex(State())

    init(authorization: AuthorizationPart?, identity: IdentityPart?, time: Timepiece = .system) {
        self.authorization = authorization
        self.identity = identity
        self.time = time
    }

    func credential() throws(KubeError) -> Credential {
        let now = time.now()
        let result = state.withLock { state -> Result<Credential, KubeError> in
            if let current = state.current, let readAt = state.readAt, now - readAt < Self.interval {
                return .success(current)
            }
            return Result { () throws(KubeError) in
                let fresh = try read(keeping: state.current)
                state.current = fresh
                state.readAt = now
                return fresh
            }
        }
        return try result.get()
    }

    func reject(_ credential: Credential) {
        state.withLock { if $0.current == credential { $0.readAt = nil } }
    }

    private func read(keeping last: Credential?) throws(KubeError) -> Credential {
        var fresh = Credential()
        switch authorization {
        case .fixed(let value): fresh.authorization = value
        case .tokenFile(let path, let fallback):
            do { fresh.authorization = try Self.token(path) } catch {
                guard let known = last?.authorization ?? fallback.map({ .bearer($0) }) else { throw error }
                fresh.authorization = known
            }
        case nil: break
        }
        switch identity {
        case .fixed(let value): fresh.identity = value
        case .files(let certificate, let key):
            do { fresh.identity = try Self.identity(certificate, key) } catch {
                guard let known = last?.identity else { throw error }
                fresh.identity = known
            }
        case nil: break
        }
        return fresh
    }

    private static func token(_ path: String) throws(KubeError) -> Credential.Authorization {
        let text: String
        do { text = try LocalFile.text(path) } catch {
            throw KubeError(attempted: "read the token \(path)", reason: .credentials(error.reason))
        }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw KubeError(
                attempted: "read the token \(path)",
                reason: .credentials(text.isEmpty ? "the file is empty" : "the file does not hold one token"))
        }
        return .bearer(text)
    }

    private static func identity(
        _ certificate: PEMField.Origin, _ key: PEMField.Origin
    ) throws(KubeError) -> ClientIdentity {
        let places = [certificate, key].compactMap { if case .file(let path) = $0 { path } else { nil } }
        func failure(_ reason: String) -> KubeError {
            KubeError(
                attempted: "read the client certificate \(places.joined(separator: ", "))",
                reason: .credentials(reason))
        }
        func bytes(_ origin: PEMField.Origin) throws(KubeError) -> [UInt8] {
            switch origin {
            case .inline(let bytes): return bytes
            case .file(let path):
                do { return try LocalFile.bytes(path) } catch { throw failure("\(error.path): \(error.reason)") }
            }
        }
        let pair = (try bytes(certificate), try bytes(key))
        do { return try ClientIdentity(certificate: pair.0, key: pair.1) } catch { throw failure(error.reason) }
    }
}
