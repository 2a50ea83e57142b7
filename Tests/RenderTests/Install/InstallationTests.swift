import PodRules
import Testing

@testable import Render

@Suite struct InstallationTests {
    static let plain = ClusterInstallation(image: "sidecar:1", exitImage: "exit:1")

    static func all(_ change: (inout ClusterInstallation) -> Void) -> ClusterInstallation {
        var installation = plain
        change(&installation)
        return installation
    }

    static func kinds(_ installation: ClusterInstallation) -> [String] {
        installation.documents.compactMap { $0["kind"]?.scalar }
    }

    @Test(
        arguments: [
            (plain, []),
            (
                all { $0.nodeAgent = true },
                ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet", "ConfigMap"]
            ),
            (all { $0.serviceMonitor = true }, ["ServiceMonitor"]),
            (all { $0.configuration = "ladder: [image]\n" }, ["ConfigMap"]),
        ] as [(ClusterInstallation, [String])])
    func hasWhatWasAskedFor(installation: ClusterInstallation, more: [String]) {
        let always = [
            "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Deployment",
            "PodDisruptionBudget", "Service",
        ]
        #expect(Self.kinds(installation).sorted() == (always + more).sorted())
    }

    @Test(arguments: [(false, "restricted"), (true, "privileged")])
    func theNamespaceAdmitsNoMoreThanNeeded(nodeAgent: Bool, level: String) {
        let namespace = Self.all { $0.nodeAgent = nodeAgent }.documents[0]
        #expect(namespace["metadata"]?["labels"]?["pod-security.kubernetes.io/enforce"]?.scalar == level)
    }

    /// Wildcards, and verbs that would change what is not ours, are in no role.
    @Test func rolesStayNarrow() {
        let installation = Self.all { ($0.nodeAgent, $0.kruise) = (true, true) }
        let rules = installation.documents.filter { $0["rules"] != nil }.flatMap { $0["rules"]?.elements ?? [] }
        #expect(rules.count > 5)
        for rule in rules {
            let words = ["apiGroups", "resources", "verbs"].flatMap { rule[$0]?.elements.compactMap(\.scalar) ?? [] }
            #expect(!words.contains("*"))
            #expect(!words.contains("delete") && !words.contains("deletecollection") && !words.contains("impersonate"))
            #expect(!words.contains("secrets"))
        }
    }

    @Test(arguments: [false, true])
    func kruiseIsAskedOnlyWhereWanted(kruise: Bool) {
        let text = ManifestWriter.yaml(Self.all { $0.kruise = kruise }.documents)
        #expect(text.contains("containerrecreaterequests") == kruise)
    }

    @Test func theConfigurationIsMountedAndNamed() {
        let installation = Self.all { $0.configuration = "ladder: [image]\n" }
        let text = ManifestWriter.yaml(installation.documents)
        #expect(text.contains("/etc/kpipe/terminator.yaml"))
        #expect(text.contains("terminator.yaml: |\n    ladder: [image]\n"))
    }

    @Test func theTerminatorIsToldOfTheNodeAgent() {
        let installation = Self.all { $0.nodeAgent = true }
        let map = installation.documents.first { $0["kind"]?.scalar == "ConfigMap" }
        #expect(map?["data"]?["terminator.yaml"]?.scalar == "nodeAgent: true\n")
        // Both read the same file.
        let containers = installation.documents.compactMap {
            $0["spec"]?["template"]?["spec"]?["containers"]?.elements.first
        }
        #expect(containers.count == 2)
        for container in containers {
            #expect(container["args"]?.elements.compactMap(\.scalar).contains("/etc/kpipe/terminator.yaml") == true)
        }
    }

    /// What every container here must have for the restricted standard, the node agent's user aside.
    @Test func containersAreLocked() throws {
        let workloads = Self.all { $0.nodeAgent = true }.documents.compactMap { $0["spec"]?["template"]?["spec"] }
        #expect(workloads.count == 2)
        for pod in workloads {
            #expect(pod["securityContext"]?["seccompProfile"]?["type"]?.scalar == "RuntimeDefault")
            let context = try #require(pod["containers"]?.elements.first?["securityContext"])
            #expect(context["allowPrivilegeEscalation"]?.scalar == "false")
            #expect(context["readOnlyRootFilesystem"]?.scalar == "true")
            #expect(context["capabilities"]?["drop"]?.elements.compactMap(\.scalar) == ["ALL"])
        }
    }
}
