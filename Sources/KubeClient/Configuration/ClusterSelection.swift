internal import Basics
internal import HTTPTransport

/// What a command line says about the cluster to talk to; everything left out comes from the configuration.
public struct ClusterSelection: Sendable {
    /// `--kubeconfig`: this file alone.
    public var kubeconfig: String?
    /// `--context`.
    public var context: String?
    /// `--namespace`.
    public var namespace: String?
    /// `--as` and `--as-group`.
    public var impersonatedUser: String?
    public var impersonatedGroups: [String]

    public init(
        kubeconfig: String? = nil, context: String? = nil, namespace: String? = nil, impersonatedUser: String? = nil,
        impersonatedGroups: [String] = []
    ) {
        self.kubeconfig = kubeconfig
        self.context = context
        self.namespace = namespace
        self.impersonatedUser = impersonatedUser
        self.impersonatedGroups = impersonatedGroups
    }

    /// The impersonation asked for, over the configuration's.
    func impersonation(over configured: Impersonation?) throws(KubeError) -> Impersonation? {
        guard let impersonatedUser else {
            guard impersonatedGroups.isEmpty || configured != nil else {
                throw KubeError(
                    attempted: "--as-group",
                    reason: .configuration("groups can only be impersonated together with a user; add --as"))
            }
            var impersonation = configured
            if !impersonatedGroups.isEmpty { impersonation?.groups = impersonatedGroups }
            return impersonation
        }
        return Impersonation(user: impersonatedUser, groups: impersonatedGroups)
    }
}

extension ClusterAccess {
    /// The cluster that the command line, the environment and the files together mean, found as kubectl finds it.
    ///
    /// `environment`: the process's variables (`KUBECONFIG`, `HOME`, `KUBERNETES_SERVICE_HOST` …).
    /// - Throws: `.configuration`, naming file, place and field.
    public static func load(
        _ selection: ClusterSelection = .init(), environment: [String: String],
        serviceAccount: ServiceAccount = .init()
    ) throws(KubeError) -> ClusterAccess {
        let source = ConfigurationSource(explicitFile: selection.kubeconfig, environment: environment)
        let kubeconfig = try source.kubeconfig()
        if let context = selection.context ?? kubeconfig.currentContext {
            var access = try ClusterAccess(kubeconfig, context: context, selection)
            try access.takeTrust(from: environment)
            return access
        }
        if selection.kubeconfig == nil, serviceAccount.isPresent(environment) {
            return try ClusterAccess(serviceAccount, environment, selection)
        }
        guard kubeconfig.isEmpty else {
            throw KubeError(
                attempted: "kubeconfig \(source.files.joined(separator: ":"))",
                reason: .configuration(
                    "current-context is not set; choose one with --context: "
                        + kubeconfig.contexts.keys.sorted().joined(separator: ", ")))
        }
        throw KubeError(attempted: "find a cluster", reason: .configuration(source.searched))
    }

    /// What stands for the system's authorities, as to Go's programs.
    private mutating func takeTrust(from environment: [String: String]) throws(KubeError) {
        guard case .system = trust, server.isSecure, let bundle = environment["SSL_CERT_FILE"], !bundle.isEmpty else {
            return
        }
        trust = .pem(try Self.authority(bundle))
    }

    private init(_ kubeconfig: Kubeconfig, context name: String, _ selection: ClusterSelection) throws(KubeError) {
        guard let context = kubeconfig.contexts[name] else {
            let known = kubeconfig.contexts.keys.sorted().joined(separator: ", ")
            throw KubeError(
                attempted: "kubeconfig",
                reason: .configuration(
                    "context '\(name)' does not exist" + (known.isEmpty ? "" : "; there are: \(known)")))
        }
        guard let clusterName = try context.text("cluster") else {
            throw context.problem(nil, "expected the name of a cluster")
        }
        guard let cluster = kubeconfig.clusters[clusterName] else {
            throw context.problem("cluster", "there is no cluster '\(clusterName)'")
        }
        var user: ConfigSection?
        if let userName = try context.text("user") {
            guard let found = kubeconfig.users[userName] else {
                throw context.problem("user", "there is no user '\(userName)'")
            }
            user = found
        }
        self = try ClusterEntry(cluster).access()
        homeNamespace = try context.text("namespace") ?? "default"
        namespace = selection.namespace ?? homeNamespace
        guard let user else {
            impersonation = try selection.impersonation(over: nil)
            return
        }
        let entry = UserEntry(user)
        impersonation = try selection.impersonation(over: entry.impersonation())
        // As in client-go, nothing secret goes over a connection that everybody can read.
        if server.isSecure { credentials = try entry.credentials(cluster: cluster) }
    }
}

/// Where a cluster's configuration comes from, in the order of kubectl and client-go: the file named on the command
/// line alone, else those of `KUBECONFIG`, else `~/.kube/config`, and last the pod's own service account.
struct ConfigurationSource: Sendable {
    /// `--kubeconfig`.
    var explicitFile: String?
    var environment: [String: String]

    private static let variable = "KUBECONFIG"

    /// The files to read, in order of rank, each once.
    var files: [String] {
        if let explicitFile { return [explicitFile] }
        let listed = (environment[Self.variable] ?? "").split(separator: ":").map(String.init)
        guard listed.isEmpty else {
            var seen: Set<String> = []
            return listed.filter { seen.insert($0).inserted }
        }
        return (environment["HOME"] ?? "").isEmpty ? [] : ["\(environment["HOME"] ?? "")/.kube/config"]
    }

    /// What the files say together. Missing files are skipped, unless named on the command line.
    func kubeconfig() throws(KubeError) -> Kubeconfig {
        var merged = Kubeconfig()
        for file in files {
            let bytes: [UInt8]
            do { bytes = try LocalFile.bytes(file) } catch {
                if error.isMissing, explicitFile == nil { continue }
                throw ConfigSection.problem(in: file, "cannot be read: \(error.reason)")
            }
            merged.merge(try Kubeconfig(parsing: bytes, file: file))
        }
        return merged
    }

    /// For people who have none.
    var searched: String {
        let place =
            if let explicitFile { explicitFile } else if let list = environment[Self.variable], !list.isEmpty {
                "\(Self.variable)=\(list)"
            } else { "~/.kube/config" }
        return "no cluster is configured in \(place), and this is not a pod with a service account; name a file with "
            + "--kubeconfig or \(Self.variable)"
    }
}
