/// Where a cluster's configuration comes from, in the order of kubectl and client-go: the file named on the command
/// line alone, else those of `KUBECONFIG`, else `~/.kube/config`, and last the pod's own service account.
struct ConfigurationSource: Sendable {
    /// `--kubeconfig`.
    var explicitFile: String?
    var environment: [String: String]

    static let variable = "KUBECONFIG"

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
