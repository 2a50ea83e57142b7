import Basics
import FakeKube
import Foundation
import TestSupport
import YAMLTree

/// A namespace of its own on a real node, by way of kubectl.
struct NodeTrial {
    let namespace: String

    /// Nobody pulls this: it is on the node, as the lab's own scripts put it there.
    static let image = "busybox:latest"
    /// As `scripts/build-images` names it.
    static let agentImage = "kpipe-sidecar:\(Version.current)"

    /// - Parameters:
    ///   - isRestricted: whether the API server refuses pods that are not to the restricted standard.
    ///   - labels: of the namespace.
    static func run(
        _ name: String, isRestricted: Bool = false, labels: [String: String] = [:],
        _ body: (NodeTrial) async throws -> Void
    ) async throws {
        let trial = NodeTrial(namespace: "render-\(name)-\(UUID().uuidString.prefix(8).lowercased())")
        var labels = labels
        if isRestricted { labels["pod-security.kubernetes.io/enforce"] = "restricted" }
        let text = labels.map { "\($0): \($1)" }.joined(separator: ", ")
        try await kubectl(
            ["apply", "-f", "-"],
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: \(trial.namespace), labels: {\(text)}}\n")
        let result: Result<Void, any Error>
        do {
            try await trial.kubectl(["wait", "--for=create", "serviceaccount/default", "--timeout=60s"])
            result = .success(try await body(trial))
        } catch { result = .failure(error) }
        // What is left of a failed trial would go on for ever.
        try await kubectl(["delete", "namespace", trial.namespace, "--wait=false"])
        try result.get()
    }

    func apply(_ manifests: String) async throws {
        try await kubectl(["apply", "-f", "-"], Self.withoutPulls(manifests))
    }

    /// `Complete` or `Failed`.
    func end(of job: String, limit: Duration = .seconds(150)) async throws -> String {
        do {
            return try await eventually("the end of \(job)", limit: limit, every: .milliseconds(500)) {
                let conditions = try await object("job/\(job)")["status"]?["conditions"]?.sequence ?? []
                return conditions.first { ["Complete", "Failed"].contains($0["type"]?.text) }?["type"]?.text
            }
        } catch {
            let said = (try? await kubectl(["describe", "pods", "-l", "batch.kubernetes.io/job-name=\(job)"])) ?? ""
            throw ProcessError(description: "\(error)\n\(said)")
        }
    }

    /// By container, init containers too: with what it ended. Those that run or wait are not in here.
    func exitCodes(of job: String) async throws -> [String: String] {
        let pods = try await object("pods", ["-l", "batch.kubernetes.io/job-name=\(job)"])["items"]?.sequence ?? []
        var codes: [String: String] = [:]
        for field in ["containerStatuses", "initContainerStatuses"] {
            for status in pods.first?["status"]?[field]?.sequence ?? [] {
                codes[status["name"]?.text ?? ""] = status["state"]?["terminated"]?["exitCode"]?.text
            }
        }
        return codes
    }

    /// The Job's first pod.
    func pod(of job: String) async throws -> JSONValue {
        let pods = try JSONValue(
            parsing: await kubectl(["get", "pods", "-l", "batch.kubernetes.io/job-name=\(job)", "-o", "json"]))
        guard let pod = pods["items"]?[0] else { throw ProcessError(description: "\(job) has no pod") }
        return pod
    }

    func log(of job: String, container: String) async throws -> String {
        try await kubectl(["logs", "job/\(job)", "-c", container])
    }

    func object(_ name: String, _ more: [String] = []) async throws -> YAMLNode {
        try YAMLNode(parsing: try await kubectl(["get", name, "-o", "json"] + more))
    }

    /// An address of the node's that its pods reach.
    static func address() async throws -> String {
        let nodes = try YAMLNode(parsing: try await kubectl(["get", "nodes", "-o", "json"]))
        let addresses = nodes["items"]?[0]?["status"]?["addresses"]?.sequence ?? []
        guard let address = addresses.first(where: { $0["type"]?.text == "InternalIP" })?["address"]?.text else {
            throw ProcessError(description: "the node has no address")
        }
        return address
    }

    /// Whether the node has an image, as `scripts/build-images` names it.
    static func has(image: String) async throws -> Bool {
        guard Lab.kubeconfig != nil, Tool.kubectl.path != nil else { return false }
        return try await kubectl(["get", "nodes", "-o", "jsonpath={.items[*].status.images[*].names}"]).contains(image)
    }

    // MARK: kubectl

    @discardableResult
    func kubectl(_ arguments: [String], _ input: String = "") async throws -> String {
        try await Self.kubectl(["--namespace", namespace] + arguments, input)
    }

    @discardableResult
    private static func kubectl(_ arguments: [String], _ input: String = "") async throws -> String {
        try await output(
            Tool.kubectl.path ?? "kubectl", ["--kubeconfig", Lab.kubeconfig ?? ""] + arguments,
            input: Array(input.utf8), limit: .seconds(120))
    }

    /// A tag `latest` would be pulled.
    private static func withoutPulls(_ manifests: String) -> String {
        manifests.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let margin = line.prefix { $0 == " " }
            guard line.dropFirst(margin.count) == "image: \(image)" else { return String(line) }
            return "\(line)\n\(margin)imagePullPolicy: IfNotPresent"
        }.joined(separator: "\n")
    }
}
