import Basics
import FakeKube
import Synchronization
import TerminatorScenarios
import TestSupport
import YAMLTree

/// A namespace on the real node in which terminators as built work, for as long as a suite runs.
final class NodeStage: Sendable {
    let node: LabNode
    let namespace: String
    let setting: Setting
    let folder: TemporaryFolder
    private let nodeName: String
    private let sight: NodeSight
    /// What makes the API server refuse, in this namespace alone.
    private let policy: [JSONValue]
    /// All that were started, ended or not.
    private let programs = Mutex<[ChildProcess]>([])

    /// The stage of the suite that runs.
    @TaskLocal static var current: NodeStage?

    init(_ setting: Setting) async throws {
        guard let node = LabNode.atHand, let name = try await node.names().first else {
            throw ProcessError(description: "there is no node")
        }
        self.node = node
        self.setting = setting
        nodeName = name
        namespace = "terminator-\(setting.name)-\(String(UInt32.random(in: .min ... .max), radix: 36))"
        sight = NodeSight(node, namespace)
        folder = try TemporaryFolder("stage")
        try folder.write(setting.configuration, to: "terminator.yaml")
        try await node.load(TestImage.all)
        if setting.hasKruise { try await KruiseDaemon.install(on: node) }
        try await node.kubectl(["create", "namespace", namespace])
        let version = try await Self.policyVersion(on: node)
        policy = Self.policy(against: setting.obstacle, in: namespace, version)
        if !policy.isEmpty {
            try await node.create(policy)
            // The API server takes notice in its own time.
            try await Task.sleep(for: .seconds(5))
        }
        // Without it the Job controller cannot make pods, and tries again ever later.
        try await eventually("the namespace's account") { [node, namespace] in
            (try? await node.kubectl(["get", "serviceaccount", "default", "-n", namespace])) != nil
        }
    }

    /// Ends all programs, and takes the namespace away with all that is in it.
    func strike() async {
        for program in programs.withLock({ $0 }) where program.status == nil { await program.finish() }
        if setting.hasKruise { await KruiseDaemon.uninstall(from: node) }
        for object in policy {
            let kind = object["kind"]?.string ?? ""
            _ = try? await node.kubectl(["delete", kind, namespace, "--wait=false"])
        }
        _ = try? await node.kubectl(["delete", "namespace", namespace, "--wait=false"])
    }

    /// `v1` from Kubernetes 1.30; before, where it is switched on, a beta.
    private static func policyVersion(on node: LabNode) async throws -> String? {
        let groups = try await node.get("/apis")["groups"]?.array ?? []
        let versions = groups.first { $0["name"]?.string == policyGroup }?["versions"]?.array ?? []
        for version in versions.compactMap({ $0["groupVersion"]?.string }) {
            let resources = try await node.get("/apis/\(version)")["resources"]?.array ?? []
            if resources.contains(where: { $0["name"]?.string == "validatingadmissionpolicies" }) { return version }
        }
        return nil
    }

    private static let policyGroup = "admissionregistration.k8s.io"

    private static func policy(
        against obstacle: Setting.Obstacle?, in namespace: String, _ version: String?
    ) -> [JSONValue] {
        let rule: (resource: String, expression: String)
        switch obstacle {
        case .refused?:
            rule = ("pods", "object.spec.containers.all(c, c.image != '\(TestImage.exit.name)')")
        case .noHelpers?: rule = ("pods/ephemeralcontainers", "object.metadata.name == ''")
        case .noShell?, .noPull?, .otherMachine?, .noAgent?, nil: return []
        }
        let api = JSONValue.string(version ?? "\(policyGroup)/v1")
        let meta: JSONValue = ["name": .string(namespace)]
        return [
            [
                "apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": meta,
                "spec": [
                    "matchConstraints": [
                        "resourceRules": [
                            [
                                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"],
                                "resources": [.string(rule.resource)],
                            ]
                        ]
                    ], "validations": [["expression": .string(rule.expression)]],
                ],
            ],
            [
                "apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": meta,
                "spec": [
                    "policyName": .string(namespace), "validationActions": ["Deny"],
                    "matchResources": [
                        "namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(namespace)]]
                    ],
                ],
            ],
        ]
    }

    // MARK: Programs

    func terminator(_ more: String...) throws -> ChildProcess {
        try program(["terminator", "--config", folder["terminator.yaml"]] + more)
    }

    func nodeAgent() throws -> ChildProcess {
        try program([
            "node-agent", "--config", folder["terminator.yaml"], "--cri-socket", node.socket, "--node-name", nodeName,
        ])
    }

    private func program(_ arguments: [String]) throws -> ChildProcess {
        let program = try ChildProcess(
            Product.sidecar.path,
            arguments + ["--kubeconfig", node.kubeconfig, "--namespace", namespace, "--port", "0"])
        programs.withLock { $0.append(program) }
        return program
    }

    // MARK: Jobs

    /// Creates the scenario's Job and waits for its end.
    func play(_ scenario: Scenario) async throws -> Ending {
        try await node.create([scenario.job(in: namespace)])
        if scenario.incident == .deletion { try await deletePod(of: scenario) }
        return try await ending(of: scenario, job: scenario.id)
    }

    func ending(
        of scenario: Scenario, job: String, isTold: Bool = true, limit: Duration = .seconds(300)
    ) async throws -> Ending {
        do {
            return try await eventually("the end of \(job)", limit: limit, every: .seconds(1)) {
                await sight.look().ending(of: scenario, job: job, isTold: isTold)
            }
        } catch let error as ProcessError {
            throw ProcessError(description: "\(error)\n\(await sight.look().story(of: job))")
        }
    }

    private func deletePod(of scenario: Scenario) async throws {
        let pod = try await eventually("main's start", limit: .seconds(120), every: .seconds(1)) {
            await sight.look().runningPod(of: scenario, job: scenario.id)
        }
        try await node.kubectl(["delete", "pod", pod, "-n", namespace, "--wait=false"])
    }
}

/// What is to be seen in one namespace. All who ask within a second share one look.
actor NodeSight {
    private let node: LabNode
    private let namespace: String
    private var last = Sighting()
    private var lastLook: ContinuousClock.Instant?
    private var looking: Task<Sighting, any Error>?

    init(_ node: LabNode, _ namespace: String) {
        self.node = node
        self.namespace = namespace
    }

    func look() async -> Sighting {
        if let lastLook, ContinuousClock.now - lastLook < .seconds(1) { return last }
        if let looking { return (try? await looking.value) ?? last }
        // Shared by those who wait for it, so that no one's cancellation ends it.
        let task = Task { [node, namespace, last] in
            async let jobs = node.get("/apis/batch/v1/namespaces/\(namespace)/jobs")
            async let pods = node.get("/api/v1/namespaces/\(namespace)/pods")
            return last.followed(by: try await jobs["items"]?.array ?? [], try await pods["items"]?.array ?? [])
        }
        looking = task
        defer { looking = nil }
        // A server that is away is asked again, until whoever waits has waited long enough.
        if let sighting = try? await task.value { last = sighting }
        lastLook = .now
        return last
    }
}
