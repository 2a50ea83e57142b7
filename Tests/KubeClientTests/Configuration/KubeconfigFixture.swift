import Foundation
import TestSupport

@testable import KubeClient

/// Kubeconfig files in a folder that goes with the test.
struct KubeconfigFixture {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("kubeconfig") }

    /// One context `main` with one cluster and one user, whose fields are given in YAML's flow form.
    @discardableResult
    func write(
        _ name: String = "config", cluster: String = "{server: https://10.0.0.1:6443}", user: String = "{token: abc}",
        context: String = "{cluster: c, user: u}"
    ) throws -> String {
        try folder.write(
            """
            apiVersion: v1
            kind: Config
            current-context: main
            contexts: [{name: main, context: \(context)}]
            clusters: [{name: c, cluster: \(cluster)}]
            users: [{name: u, user: \(user)}]
            """, to: name)
    }

    func load(
        _ name: String = "config", _ selection: ClusterSelection = .init(), environment: [String: String] = [:]
    ) throws -> ClusterAccess {
        var selection = selection
        selection.kubeconfig = folder[name]
        return try ClusterAccess.load(selection, environment: environment)
    }

    /// What is said of a kubeconfig that cannot be used, with the folder's path left out.
    func complaint(_ name: String = "config", _ selection: ClusterSelection = .init()) -> String? {
        do {
            _ = try load(name, selection)
            return nil
        } catch {
            return "\(error)".replacingOccurrences(of: folder.path + "/", with: "")
        }
    }
}
