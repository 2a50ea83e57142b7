internal import Basics
internal import YAMLTree

/// `users[…].user.exec` of a kubeconfig: a program that prints credentials (client-go credential plugins).
struct ExecPlugin: Sendable {
    enum Version: String, Sendable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// Says to the plugin what is asked of it.
    static let informationVariable = "KUBERNETES_EXEC_INFO"
    /// The cluster's extension that is handed on to the plugin.
    private static let extensionName = "client.authentication.k8s.io/exec"

    var command: String
    var arguments: [String] = []
    var environment: [(name: String, value: String)] = []
    var version = Version.v1
    var interactiveMode = InteractiveMode.never
    var installHint: String?
    /// The cluster's description in the plugin's terms, where it is to have it.
    var cluster: JSONValue?
    /// For errors: which entry of which file.
    var place: String

    init(_ section: ConfigSection, cluster: ConfigSection) throws(KubeError) {
        guard let command = try section.text("command") else { throw section.problem(nil, "expected a command") }
        // A name without a slash is looked for in PATH; a relative path is relative to the kubeconfig.
        self.command =
            command.contains("/") ? LocalFile.resolve(command, in: LocalFile.folder(of: section.file)) : command
        place = "\(section.path) in \(section.file)"
        guard let versionText = try section.text("apiVersion") else {
            throw section.problem(nil, "expected apiVersion: \(Version.v1.rawValue)")
        }
        guard let version = Version(rawValue: versionText) else {
            throw section.problem("apiVersion", "expected \(Version.v1.rawValue) or \(Version.v1beta1.rawValue)")
        }
        self.version = version
        arguments = try section.texts("args")
        for variable in try section.sections("env") {
            guard let name = try variable.text("name"), !name.contains("=") else {
                throw variable.problem("name", "expected the name of a variable")
            }
            environment.append((name, try variable.text("value") ?? ""))
        }
        installHint = try section.text("installHint")
        switch (try section.text("interactiveMode"), version) {
        case (nil, .v1):
            throw section.problem(nil, "expected interactiveMode: Never, IfAvailable or Always")
        case (nil, .v1beta1): interactiveMode = .ifAvailable
        case (let text?, _):
            guard let mode = InteractiveMode(rawValue: text) else {
                throw section.problem("interactiveMode", "expected Never, IfAvailable or Always")
            }
            interactiveMode = mode
        }
        if try section.flag("provideClusterInfo") { self.cluster = try Self.description(of: cluster) }
    }

    /// The value of `KUBERNETES_EXEC_INFO`.
    func information(isInteractive: Bool) -> String {
        JSONValue.object([
            .init("kind", "ExecCredential"), .init("apiVersion", .string(version.rawValue)),
            .init("spec", .object(present: ["cluster": cluster, "interactive": .bool(isInteractive)])),
        ]).text
    }

    private static func description(of cluster: ConfigSection) throws(KubeError) -> JSONValue {
        var config: JSONValue?
        for entry in try cluster.sections("extensions") where try entry.text("name") == extensionName {
            config = entry.node["extension"].map { JSONValue($0) }
        }
        let authority = try PEMField(cluster, "certificate-authority").bytes()
        return .object(present: [
            "server": .string(try cluster.text("server") ?? ""),
            "tls-server-name": try cluster.text("tls-server-name").map { .string($0) },
            "insecure-skip-tls-verify": try cluster.flag("insecure-skip-tls-verify") ? true : nil,
            "certificate-authority-data": authority.map { .string(Base64.encode($0)) },
            "proxy-url": try cluster.text("proxy-url").map { .string($0) },
            "disable-compression": try cluster.flag("disable-compression") ? true : nil,
            "config": config,
        ])
    }
}

/// Whether a plugin may ask its user something on the terminal.
enum InteractiveMode: String, Sendable {
    case never = "Never"
    case ifAvailable = "IfAvailable"
    case always = "Always"
}

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
