import FakeKube
import TerminatorScenarios
import YAMLTree

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
