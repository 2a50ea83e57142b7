import Basics
import FakeKube
import TestSupport
import Testing
import YAMLTree

/// kpipe-sidecar in the cluster of a real node, as one of the documented ways puts it there.
struct Installation {
    enum Way: String, CaseIterable {
        case chart, kustomize
    }

    let node: LabNode
    let way: Way

    static let namespace = "kpipe-system"
    private static let chart = Repository.path("manifests/chart")
    private static let overlay = Repository.path("manifests/kustomize/overlays/webhook")

    /// Installs it, lets `body` use it, and takes it away whatever comes.
    static func run(_ way: Way, _ body: (Installation) async throws -> Void) async throws {
        let installation = Installation(node: try #require(LabNode.atHand), way: way)
        let result: Result<Void, any Error>
        do {
            try await installation.install()
            result = .success(try await body(installation))
        } catch { result = .failure(error) }
        do { try await installation.uninstall() } catch { if case .success = result { throw error } }
        try result.get()
    }

    private func install() async throws {
        switch way {
        case .chart: try await helm("install(chart, 'kpipe', {}, create_namespace=True, wait='watcher', timeout=120)")
        case .kustomize:
            try await node.kubectl(["apply", "-k", Self.overlay])
            try await awaitRollout()
        }
    }

    /// Makes all its pods anew, as another release would.
    func upgrade() async throws {
        switch way {
        case .chart:
            let values = "{'podAnnotations': {'example.com/upgrade': 'yes'}}"
            try await helm("upgrade(chart, 'kpipe', \(values), wait='watcher', timeout=120)")
        case .kustomize:
            try await node.kubectl(["apply", "-k", Self.overlay])
            for name in Self.deployments {
                try await node.kubectl(["rollout", "restart", "deployment/\(name)", "-n", Self.namespace])
            }
        }
        try await awaitRollout()
    }

    private func uninstall() async throws {
        switch way {
        case .chart:
            try await helm("uninstall('kpipe', wait='watcher', timeout=60)")
            try await node.kubectl(["delete", "namespace", Self.namespace], limit: .seconds(120))
        case .kustomize: try await node.kubectl(["delete", "-k", Self.overlay], limit: .seconds(120))
        }
    }

    private static let deployments = ["kpipe-terminator", "kpipe-webhook"]

    func awaitRollout() async throws {
        for name in Self.deployments {
            try await node.kubectl(
                ["rollout", "status", "deployment/\(name)", "-n", Self.namespace, "--timeout=90s"],
                limit: .seconds(100))
        }
    }

    func scale(_ deployment: String, to replicas: Int) async throws {
        try await node.kubectl([
            "scale", "deployment/\(deployment)", "-n", Self.namespace, "--replicas=\(replicas)",
        ])
        guard replicas == 0 else { return try await awaitRollout() }
        try await eventually("no pod of \(deployment)", limit: .seconds(60)) {
            let component = deployment.dropFirst("kpipe-".count)
            let labels = "app.kubernetes.io/component=\(component)"
            let pods = try await node.kubectl(["get", "pods", "-n", Self.namespace, "-l", labels, "-o", "name"])
            return pods.isEmpty
        }
    }

    /// `helm test`.
    func test() async throws { try await helm("test('kpipe', timeout=60)") }

    /// Helm's own library, with an expression on a connection to the cluster.
    private func helm(_ call: String) async throws {
        let script = """
            import helm_python, sys
            kubeconfig, namespace, chart = sys.argv[1:]
            chart = helm_python.Chart.load(chart)
            helm_python.Config(kubeconfig_path=kubeconfig, namespace=namespace).\(call)
            """
        try await output(
            Tool.python.path ?? "python3", ["-c", script, node.kubeconfig, Self.namespace, Self.chart],
            limit: .seconds(150))
    }
}

extension LabNode {
    /// All that the cluster has, as `Kind namespace/name`, but for Events and what comes and goes by itself.
    func everything() async throws -> Set<String> {
        let kinds = try await kubectl(["api-resources", "--verbs=list", "-o", "name"]).split(separator: "\n")
            .filter { !$0.hasPrefix("events") && !$0.hasPrefix("componentstatuses") && !$0.hasSuffix("metrics.k8s.io") }
        let path = #"{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\n"}{end}"#
        let found = try await kubectl([
            "get", kinds.joined(separator: ","), "-A", "--ignore-not-found", "-o", "jsonpath=\(path)",
        ])
        return Set(found.split(separator: "\n").map(String.init))
    }

    /// Whether nothing of ours is there, the images are, and pods reach Services by name: in a cluster without a proxy
    /// they do not.
    static func canBeInstalledOn() async -> Bool {
        guard await isReady(), let node = atHand else { return false }
        let images = ["kpipe-sidecar", "kpipe-exit"].map { "\($0):\(Version.current)" }
        for image in images where (try? await NodeTrial.has(image: image)) != true { return false }
        guard (try? await node.kubectl(["get", "namespace", Installation.namespace])) == nil else { return false }
        return await LabNode.serviceReach.value.contains("by name")
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the suite, and says so, where nothing can be installed for real.
    static var requiresInstallableNode: Self {
        .enabled(
            """
            needs a node of LAB_HOME that is ready and has the images of scripts/build-images, pods that reach Services by \
            name, and nothing of ours in the cluster
            """
        ) { await LabNode.canBeInstalledOn() }
    }
}
