internal import Basics
internal import HTTPTransport

/// What a pod's service account is made of, as the kubelet mounts it.
public struct ServiceAccount: Sendable {
    /// Where the kubelet mounts it.
    public static let standardFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    public var folder: String

    public init(folder: String = standardFolder) { self.folder = folder }

    var tokenFile: String { "\(folder)/token" }
    var authorityFile: String { "\(folder)/ca.crt" }
    var namespaceFile: String { "\(folder)/namespace" }

    /// Whether this process runs in a pod that may talk to its API server.
    public func isPresent(_ environment: [String: String]) -> Bool {
        address(environment) != nil && LocalFile.exists(tokenFile)
    }

    func address(_ environment: [String: String]) -> ServerAddress? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"].flatMap({ UInt16($0) }), port > 0
        else { return nil }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        return ServerAddress(host: isBracketed ? String(host.dropFirst().dropLast()) : host, port: Int(port))
    }
}

extension ClusterAccess {
    init(
        _ account: ServiceAccount, _ environment: [String: String], _ selection: ClusterSelection
    ) throws(KubeError) {
        guard let server = account.address(environment) else {
            throw KubeError(
                attempted: "find a cluster",
                reason: .configuration("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not both set"))
        }
        self.init(server: server)
        trust = .pem(try Self.authority(account.authorityFile))
        let mounted = try? LocalFile.text(account.namespaceFile)
        homeNamespace =
            [environment["POD_NAMESPACE"], mounted].lazy.compactMap { $0 }.first { !$0.isEmpty } ?? "default"
        namespace = selection.namespace ?? homeNamespace
        impersonation = try selection.impersonation(over: nil)
        credentials = FileCredential(authorization: .tokenFile(account.tokenFile, fallback: nil), identity: nil)
    }

    /// Certificates to trust.
    static func authority(_ path: String) throws(KubeError) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try LocalFile.bytes(path) } catch {
            throw KubeError(attempted: path, reason: .configuration("cannot be read: \(error.reason)"))
        }
        do { try PEM.checkAuthorities(bytes) } catch {
            throw KubeError(attempted: path, reason: .configuration(error.reason))
        }
        return bytes
    }
}
