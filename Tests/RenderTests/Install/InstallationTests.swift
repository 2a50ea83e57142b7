import PodRules
import Testing

@testable import Render

@Suite struct InstallationTests {
    static let plain: ClusterInstallation = {
        var installation = ClusterInstallation(image: "sidecar:1")
        installation.exitImage = "exit:1"
        return installation
    }()

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
                ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "DaemonSet", "NetworkPolicy"]
            ),
            (all { $0.serviceMonitor = true }, ["ServiceMonitor"]),
            (all { $0.configuration = "ladder: [image]\n" }, []),
        ] as [(ClusterInstallation, [String])])
    func hasWhatWasAskedFor(installation: ClusterInstallation, more: [String]) {
        let always = [
            "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Deployment",
            "PodDisruptionBudget", "Service", "ConfigMap", "NetworkPolicy",
        ]
        #expect(Self.kinds(installation).sorted() == (always + more).sorted())
    }

    @Test(arguments: [(false, "restricted"), (true, "privileged")])
    func theNamespaceAdmitsNoMoreThanNeeded(nodeAgent: Bool, level: String) {
        let namespace = Self.all { $0.nodeAgent = nodeAgent }.documents[0]
        for mode in ["enforce", "audit", "warn"] {
            #expect(namespace["metadata"]?["labels"]?["pod-security.kubernetes.io/\(mode)"]?.scalar == level)
        }
    }

    /// Wildcards, and verbs that would change what is not ours, are in no role.
    @Test func rolesStayNarrow() {
        let installation = Self.all { ($0.nodeAgent, $0.reach.kruise) = (true, true) }
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
        let text = ManifestWriter.yaml(Self.all { $0.reach.kruise = kruise }.documents)
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

    /// What no ladder names needs no right.
    @Test(
        arguments: [
            (TerminatorReach(), ["pods/ephemeralcontainers", "pods/portforward", "pods/exec"]),
            (TerminatorReach(quitsByProxy: true), ["pods/ephemeralcontainers", "pods/proxy", "pods/exec"]),
            (TerminatorReach(rungs: [.image, .hold]), ["pods/ephemeralcontainers"]),
            (TerminatorReach(rungs: [.debug]), ["pods/ephemeralcontainers"]),
            (TerminatorReach(rungs: [.http], kruise: true), ["pods/portforward"]),
            (TerminatorReach(rungs: [.crr], kruise: true), ["containerrecreaterequests"]),
            (TerminatorReach(rungs: [.crr]), []),
        ] as [(TerminatorReach, [String])])
    func rightsAreThoseOfTheRungs(reach: TerminatorReach, resources: [String]) {
        let doors: Set = [
            "pods/ephemeralcontainers", "pods/portforward", "pods/proxy", "pods/exec", "containerrecreaterequests",
        ]
        #expect(reach.rules(inCluster: true).flatMap(\.resources).filter(doors.contains) == resources)
    }

    @Test func theLeaseIsOneByName() {
        let rules = TerminatorReach.electionRules(lease: "l")
        #expect(rules.filter { $0.names.isEmpty }.map(\.verbs) == [["create"]])
        #expect(rules.filter { !$0.names.isEmpty }.map(\.names) == [["l"]])
    }

    /// Nothing beyond the namespace that is watched, which may be the own one or another.
    /// Of the own one all that is needed then is to tell what became of a changed configuration.
    @Test(arguments: [
        ("kpipe-system", false, ["kpipe-system", "kpipe-system"]), ("team", true, ["team", "kpipe-system", "team"]),
    ])
    func oneNamespaceNeedsNothingClusterWide(scope: String, hasNamespace: Bool, namespaces: [String]) {
        let installation = Self.all { ($0.onlyNamespace, $0.nodeAgent) = (scope, true) }
        let kinds = Self.kinds(installation)
        #expect(kinds.contains("Namespace") == hasNamespace)
        #expect(!kinds.contains { $0.hasPrefix("Cluster") })
        let roles = installation.documents.filter { $0["kind"]?.scalar == "Role" }
        #expect(roles.map { $0["metadata"]?["namespace"]?.scalar } == namespaces)
        if hasNamespace { #expect(roles[1]["rules"]?.elements.count == 1) }
        #expect(!roles.contains { ManifestWriter.yaml([$0]).contains("nodes") })
        let containers = installation.documents.compactMap {
            $0["spec"]?["template"]?["spec"]?["containers"]?.elements.first
        }
        for container in containers {
            #expect(container["args"]?.elements.compactMap(\.scalar).contains(scope) == true)
        }
    }

    /// Its images are for Linux, and a virtual node has no socket to mount.
    @Test func everythingGoesToNodesThatCanRunIt() throws {
        var installation = WebhookInstallationTests.installation()
        installation.nodeAgent = true
        let pods = installation.documents.compactMap { document in
            document["spec"]?["template"]?["spec"].map { (document["kind"]?.scalar, $0) }
        }
        #expect(pods.map(\.0) == ["Deployment", "Deployment", "DaemonSet"])
        for (_, pod) in pods { #expect(pod["nodeSelector"]?["kubernetes.io/os"]?.scalar == "linux") }
        let agent = try #require(pods.last?.1)
        let text = ManifestWriter.yaml([agent["affinity"] ?? []])
        #expect(text.contains("key: type") && text.contains("NotIn") && text.contains("virtual-kubelet"))
    }

    @Test(arguments: [[], ["10.0.0.10/32", "fd00::/64"]])
    func networkPoliciesKnowTheAPIServersOnlyFromTheOperator(apiServers: [String]) throws {
        var installation = WebhookInstallationTests.installation()
        installation.apiServers = apiServers
        let policies = installation.documents.filter { $0["kind"]?.scalar == "NetworkPolicy" }
        #expect(policies.compactMap { $0["metadata"]?["name"]?.scalar } == ["kpipe-terminator", "kpipe-webhook"])
        let webhook = try #require(policies.last?["spec"])
        let reviews = try #require(webhook["ingress"]?.elements.last)
        #expect(reviews["ports"]?.elements.first?["port"]?.scalar == "webhook")
        let blocks = { (peers: ManifestValue?) in
            peers?.elements.compactMap { $0["ipBlock"]?["cidr"]?.scalar } ?? []
        }
        #expect(blocks(reviews["from"]) == apiServers)
        #expect(blocks(webhook["egress"]?.elements.first?["to"]) == apiServers)
        #expect((webhook["egress"] != nil) == !apiServers.isEmpty)
        #expect(webhook["policyTypes"]?.elements.count == (apiServers.isEmpty ? 1 : 2))
    }
}
