package import ContainerRuntime

/// What the node agent needs of its node's container runtime.
package protocol NodeRuntime: Sendable {
    func container(_ id: String) async throws(RuntimeError) -> RuntimeContainer
    /// Returns when the container has stopped.
    func stop(_ id: String, grace: Duration) async throws(RuntimeError)
}

extension ContainerRuntime: NodeRuntime {}
