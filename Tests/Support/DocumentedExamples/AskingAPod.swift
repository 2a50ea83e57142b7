import Foundation
import KubeClient
import KubeModel

/// A client of the cluster that kubectl would talk to.
public func connect(kubeconfig: String? = nil) throws -> KubeClient {
    KubeClient(
        try ClusterAccess.load(
            ClusterSelection(kubeconfig: kubeconfig), environment: ProcessInfo.processInfo.environment))
}

/// Asks a container for its machine's architecture, and writes the answer down as a label of the pod.
///
/// Returns the label, or `nil` where the pod is gone, has changed meanwhile, or has no `uname`.
public func labelWithArchitecture(
    of pod: ObjectKey, container: String, _ client: KubeClient
) async throws -> String? {
    do {
        return try await label(pod, container, client)
    } catch let error as KubeError {
        guard let code = error.status?.code, [404, 409].contains(code) else { throw error }
        return nil
    }
}

private func label(_ pod: ObjectKey, _ container: String, _ client: KubeClient) async throws -> String? {
    let read = try await client.send(.get(.pods, pod))
    let before = try PartialObject(.json, in: read.body.span)

    // As `kubectl exec POD -c CONTAINER -- uname -m`. That a command fails is no error of the request.
    let command = ExecCommand(in: pod, container: container, ["uname", "-m"])
    let result = try await PodConnections(client.access).exec(command)
    guard result.exitCode == 0 else { return nil }
    let machine = String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)

    // With the version that was read, so that the server refuses (409) where somebody else was faster.
    let patch = Patch.merge([
        "metadata": [
            "resourceVersion": .string(before.metadata.resourceVersion),
            "labels": ["example.com/architecture": .string(machine)],
        ]
    ])
    let written = try await client.send(.patch(.pods, pod, patch))
    return try PartialObject(.json, in: written.body.span).metadata.labels["example.com/architecture"]
}
