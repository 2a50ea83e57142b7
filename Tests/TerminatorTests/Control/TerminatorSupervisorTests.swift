import KubeClient
import Logging
import OperatorConfiguration
import TestSupport
import Testing

@testable import Terminator

@Suite struct TerminatorSupervisorTests {
    private static func supervisor(_ cluster: Cluster) -> TerminatorSupervisor {
        TerminatorSupervisor(.exiting) { configuration in
            TerminatorController(
                configuration, api: cluster.client, streams: ClusterStreams(cluster.client),
                registry: cluster.registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
    }

    private static var other: TerminatorConfiguration {
        var configuration = TerminatorConfiguration()
        configuration.exitImage = "other:latest"
        return configuration
    }

    @Test func `a changed configuration counts for the next pod, and stops nothing`() async throws {
        let cluster = try await Cluster()
        let supervisor = Self.supervisor(cluster)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await supervisor.run() }
            cluster.pod("first")
            try await eventually("the swap") { cluster.image(of: "first") == "exit0:latest" }
            supervisor.adopt(Self.other)
            cluster.pod("second")
            try await eventually("the other swap") { cluster.image(of: "second") == "other:latest" }
            #expect(cluster.image(of: "first") == "exit0:latest")
            supervisor.stop()
        }
        await cluster.client.shutdown()
    }

    @Test func `a replica that waits takes it over for when it leads`() async throws {
        let cluster = try await Cluster()
        let supervisor = Self.supervisor(cluster)
        supervisor.adopt(Self.other)
        cluster.pod("first")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await supervisor.run() }
            try await eventually("the swap") { cluster.image(of: "first") == "other:latest" }
            supervisor.stop()
        }
        await cluster.client.shutdown()
    }

    /// However late a change comes.
    @Test func `what is stopped stays so`() async throws {
        let cluster = try await Cluster()
        let supervisor = Self.supervisor(cluster)
        supervisor.stop()
        supervisor.adopt(Self.other)
        await supervisor.run()
        #expect(!supervisor.isReady)
        await cluster.client.shutdown()
    }
}
