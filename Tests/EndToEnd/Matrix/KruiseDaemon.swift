import Basics
import ContainerRuntime
import FakeKube
import TestSupport
import YAMLTree

/// Stands in for OpenKruise: its API is served, and its daemon's work is done. In each ContainerRecreateRequest it stops
/// the containers through the runtime, and writes down that it has.
struct KruiseDaemon {
    let node: LabNode
    let namespace: String

    private static let definition = Repository.path("Tests/Fixtures/kruise/containerrecreaterequests.yaml")
    private static let api = "/apis/apps.kruise.io/v1alpha1"

    /// Lets the cluster serve the API.
    static func install(on node: LabNode) async throws {
        try await node.kubectl(["apply", "-f", definition])
        try await eventually("Kruise's API") {
            (try? await node.get(api))?["resources"]?.array?.isEmpty == false
        }
    }

    static func uninstall(from node: LabNode) async {
        _ = try? await node.kubectl(["delete", "-f", definition, "--wait=true"])
    }

    /// Works until the task is cancelled.
    func run() async {
        let runtime = ContainerRuntime(socket: node.socket)
        var seen: Set<String> = []
        await withTaskGroup(of: Void.self) { group in
            while !Task.isCancelled {
                let requests = try? await node.get("\(Self.api)/namespaces/\(namespace)/containerrecreaterequests")
                for request in requests?["items"]?.array ?? []
                where seen.insert(request.text(at: "metadata.uid") ?? "").inserted {
                    group.addTask { await answer(request, runtime) }
                }
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await runtime.shutdown()
    }

    private func answer(_ request: JSONValue, _ runtime: ContainerRuntime) async {
        let name = request.text(at: "spec.podName") ?? ""
        guard let pod = try? await node.get("/api/v1/namespaces/\(namespace)/pods/\(name)") else { return }
        let grace = request[path: ["spec", "strategy", "terminationGracePeriodSeconds"]]?.integer ?? 30
        let names = (request[path: ["spec", "containers"]]?.array ?? []).compactMap { $0["name"]?.string }
        await withTaskGroup(of: Void.self) { group in
            for status in pod[path: ["status", "containerStatuses"]]?.array ?? []
            where names.contains(status["name"]?.string ?? "") {
                let id = String((status["containerID"]?.string ?? "").trimmingPrefix("containerd://"))
                group.addTask { _ = try? await runtime.stop(id, grace: .seconds(grace)) }
            }
        }
        _ = try? await node.kubectl([
            "patch", "containerrecreaterequest", request.text(at: "metadata.name") ?? "", "-n", namespace,
            "--subresource=status", "--type=merge", "--patch", #"{"status":{"phase":"Completed"}}"#,
        ])
    }
}
