import ContainerRuntime
import FakeKube
import HTTPTransport
import KubeModel
import Synchronization
import TestSupport

@testable import Terminator

/// A simulated node that a test, its API server and a node agent share; to the last it is the container runtime.
final class SharedNode: NodeRuntime {
    private let node: Mutex<FakeNode>

    init(_ node: FakeNode) { self.node = Mutex(node) }

    func withLock<Value>(_ body: (inout FakeNode) -> sending Value) -> sending Value { node.withLock { body(&$0) } }

    private static let scheme = "containerd://"

    func container(_ id: String) async throws(RuntimeError) -> RuntimeContainer {
        guard let found = withLock({ $0.container(Self.scheme + id) }) else {
            throw RuntimeError(
                attempted: "ContainerStatus", reason: .status(GRPCStatus(code: GRPCStatus.notFound, message: id)))
        }
        return RuntimeContainer(
            id: id, state: found.isRunning ? .running : .exited, podUID: found.podUID, name: found.name)
    }

    func stop(_ id: String, grace: Duration) async throws(RuntimeError) {
        withLock { $0.stop(Self.scheme + id, grace: grace / .seconds(1)) }
        // The simulation's time is not ours to wait by.
        while withLock({ $0.container(Self.scheme + id)?.isRunning == true }) {
            do { try await Task.sleep(for: .milliseconds(5)) } catch { return }
        }
    }
}
