import Foundation
import Synchronization
package import Testing

/// etcd and kube-apiserver on free ports, with a folder of their own: nothing else, so no controller, scheduler or
/// kubelet does anything to what a test writes. It starts in a few seconds.
package final class RealControlPlane: KubeServer {
    package let url: String
    package let token = "administrator"
    /// Of a user who may do nothing.
    package let strangersToken = "stranger"
    package let certificates: Certificates
    package var authority: String? { certificates.authority }
    private let etcd: ServerProcess
    private let etcdURL: String
    /// kube-apiserver and what it was started with; `nil` while it is killed.
    private let apiServer = Mutex<ServerProcess?>(nil)
    private let program: String
    private let arguments: [String]
    /// Tokens and keys.
    private let files: TemporaryFolder

    /// The one that all tests of this process share; tests keep apart by namespaces.
    package static func shared() async throws -> RealControlPlane { try await starting.value }
    // Outlives every test on purpose; the guard in `ServerProcess` ends the servers with the process.
    private static let starting = Task { try await start() }

    /// One of its own, for a test that stops or compacts it.
    package static func start() async throws -> RealControlPlane {
        var tries = 1
        while true {
            do { return try await RealControlPlane() } catch {
                // A port may have been taken between the look and the start.
                guard tries < 3 else { throw error }
                tries += 1
            }
        }
    }

    private init() async throws {
        guard let programs = Self.programs else { throw ProcessError(description: Self.missing) }
        let ports = try freePorts(3)
        certificates = try await Certificates()
        etcdURL = "http://127.0.0.1:\(ports[0])"
        url = "https://127.0.0.1:\(ports[2])"
        let folder = try TemporaryFolder("etcd")
        let peer = "http://127.0.0.1:\(ports[1])"
        etcd = try ServerProcess(
            programs.etcd,
            [
                "--data-dir", try folder.makeFolder("data"), "--listen-client-urls", etcdURL,
                "--advertise-client-urls", etcdURL, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", "default=\(peer)", "--unsafe-no-fsync",
            ], in: folder)
        try await etcd.whenReady { accepts(ports[0]) }
        program = programs.apiServer
        files = try TemporaryFolder("apiserver")
        arguments = try await Self.arguments(ports[2], etcdURL, certificates, token, files)
        try await startAPIServer()
    }

    /// Starts kube-apiserver, again after `killAPIServer` with what etcd has, and returns when it is ready.
    package func startAPIServer() async throws {
        let server = try ServerProcess(program, arguments, in: try TemporaryFolder("apiserver"))
        apiServer.withLock { $0 = server }
        try await server.whenReady(limit: .seconds(120)) { [url, authority, token] in
            let answer = try await run(
                Tool.curl.requiredPath(),
                [
                    "--silent", "--fail", "--cacert", authority ?? "", "--header", "Authorization: Bearer \(token)",
                    "\(url)/readyz",
                ])
            return answer.output == "ok"
        }
    }

    /// Kills kube-apiserver without a warning, and returns when it is gone.
    package func killAPIServer() { apiServer.withLock { $0 = nil } }

    private static func arguments(
        _ port: Int, _ etcd: String, _ certificates: Certificates, _ token: String, _ files: TemporaryFolder
    ) async throws -> [String] {
        let tokens = try files.write("\(token),admin,1,system:masters\nstranger,nobody,2,\n", to: "tokens.csv")
        try await output(Tool.openssl.requiredPath(), ["genrsa", "-out", files["sa.key"], "2048"])
        return [
            "--etcd-servers=\(etcd)", "--bind-address=127.0.0.1", "--secure-port=\(port)",
            "--advertise-address=127.0.0.1", "--tls-cert-file=\(certificates.serverCertificate)",
            "--tls-private-key-file=\(certificates.serverKey)", "--client-ca-file=\(certificates.authority)",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=\(files["sa.key"])",
            "--service-account-signing-key-file=\(files["sa.key"])", "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC", "--token-auth-file=\(tokens)", "--endpoint-reconciler-type=none",
            // Nobody makes service accounts here, which pods would have to wait for.
            "--disable-admission-plugins=ServiceAccount", "--cert-dir=\(files["certificates"])",
        ]
    }

    /// Forgets all versions up to now, as the server itself does every five minutes.
    package func compact() async throws {
        let range = try await post("v3/kv/range", ["key": Data("/".utf8).base64EncodedString()])
        guard let match = range.firstMatch(of: /"revision":"([0-9]+)"/), let revision = Int(match.1) else {
            throw ProcessError(description: "etcd's answer has no revision: \(range)")
        }
        try await post("v3/kv/compaction", ["revision": String(revision), "physical": true])
    }

    @discardableResult
    private func post(_ path: String, _ body: [String: Any]) async throws -> String {
        let json = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        return try await output(
            Tool.curl.requiredPath(), ["--silent", "--fail", "--data", json, "\(etcdURL)/\(path)"])
    }

    // MARK: Programs

    /// In `KUBEBUILDER_ASSETS` (by default /usr/local/kubebuilder/bin), else in `$LAB_HOME/bin`.
    package static var programs: (etcd: String, apiServer: String)? {
        let environment = ProcessInfo.processInfo.environment
        let folders =
            [environment["KUBEBUILDER_ASSETS"] ?? "/usr/local/kubebuilder/bin"]
            + (Lab.home.map { ["\($0)/bin"] } ?? [])
        return folders.lazy.map { ("\($0)/etcd", "\($0)/kube-apiserver") }
            .first {
                FileManager.default.isExecutableFile(atPath: $0.0) && FileManager.default.isExecutableFile(atPath: $0.1)
            }
    }

    static let missing = "no etcd and kube-apiserver in KUBEBUILDER_ASSETS or $LAB_HOME/bin"
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where there is no real API server.
    package static var requiresRealControlPlane: Self {
        .enabled(if: RealControlPlane.programs != nil, "\(RealControlPlane.missing)")
    }
}
