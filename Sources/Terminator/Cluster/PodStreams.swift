package import KubeModel
package import PodRules

/// What reaches into a pod through the API server.
package protocol PodStreams: Sendable {
    /// Asks an endpoint on the pod's localhost.
    ///
    /// - Returns: the HTTP status; 0 where the sidecar left without an answer.
    func ask(_ endpoint: QuitEndpoint, of pod: ObjectKey) async throws -> Int
    /// Runs a command in a container.
    ///
    /// - Returns: its exit code; 137, as for any process that is killed, where its container ended under it.
    func run(_ command: [String], in container: String, of pod: ObjectKey) async throws -> Int32
}
