import KubeClient
import KubeModel
import KubeTestSupport
import PodRules
import Synchronization
import TestSupport

@testable import Terminator

/// How one process reaches the cluster, and what befalls it: something happens after its `n`th request has been served and
/// before it hears of that, or it is stopped, and goes on where it was.
final class SimulatedProcess: KubeAPI, PodStreams {
    private struct State {
        var requests = 0
        var isStopped = false
    }

    private let cluster: SimulatedCluster
    private let number: Int
    private let incident: @Sendable (SimulatedProcess) async -> Void
    private let state = Mutex(State())

    /// - Parameter incident: the answer arrives when it has returned.
    init(
        _ cluster: SimulatedCluster, afterRequest number: Int = .max,
        _ incident: @escaping @Sendable (SimulatedProcess) async -> Void = { _ in }
    ) {
        self.cluster = cluster
        self.number = number
        self.incident = incident
    }

    /// Served so far.
    var requests: Int { state.withLock { $0.requests } }

    /// As by SIGSTOP: nothing that is asked from now on leaves the process, nothing that is answered arrives.
    func stop() { state.withLock { $0.isStopped = true } }
    func goOn() { state.withLock { $0.isStopped = false } }

    /// Returns when it is stopped.
    func whenStopped() async {
        while !state.withLock({ $0.isStopped }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(2)) }
    }

    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        try await whileRunning()
        begin()
        defer { end() }
        let answer: Result<APIResponse, KubeError>
        do throws(KubeError) { answer = .success(try await cluster.client.send(request)) } catch {
            answer = .failure(error)
        }
        await served()
        try await whileRunning()
        return try answer.get()
    }

    func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        try await whileRunning()
        begin()
        defer { end() }
        let stream = try await cluster.client.open(request)
        await served()
        try await whileRunning()
        return stream
    }

    func ask(_ endpoint: QuitEndpoint, of pod: ObjectKey) async throws -> Int {
        try await whileRunning()
        begin()
        defer { end() }
        let status = try await cluster.streams.ask(endpoint, of: pod)
        await served()
        try await whileRunning()
        return status
    }

    func run(_ command: [String], in container: String, of pod: ObjectKey) async throws -> Int32 {
        try await whileRunning()
        begin()
        defer { end() }
        let code = try await cluster.streams.run(command, in: container, of: pod)
        await served()
        try await whileRunning()
        return code
    }

    private func begin() {
        cluster.traffic.change {
            $0.begun += 1
            $0.open += 1
        }
    }

    private func end() { cluster.traffic.change { $0.open -= 1 } }

    private func served() async {
        let count = state.withLock { state in
            state.requests += 1
            return state.requests
        }
        if count == number { await incident(self) }
    }

    private func whileRunning() async throws(KubeError) {
        while state.withLock({ $0.isStopped }) {
            do { try await Task.sleep(for: .milliseconds(5)) } catch {
                throw KubeError(attempted: "to go on", reason: .cancelled)
            }
        }
    }
}
