import FakeKube
import KubeModel
import KubeTestSupport
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

/// What informers rely on and what they promise, with the fake API server and with a real one.
@Suite(.serialized, .timeLimit(.minutes(20))) struct InformerContractTests {
    @Test(arguments: ServerKind.available, [false, true])
    func `The whole state comes streamed or in pages, and every change after it`(
        kind: ServerKind, refusesStreams: Bool
    ) async throws {
        let server = try await FollowedServer(kind)
        let names = (0..<1_100).map { "map-\($0)" }
        try await server.create(names)
        let watches = try TenWatches(
            server.server, .configMaps, namespace: server.namespace, refusesStreams: refusesStreams)
        try await watches.run {
            try await watches.settle { try await server.versions() }
            for follower in watches.followers {
                let pages = follower.api.openings.compactMap { $0.query["limit"] }
                #expect(pages == (refusesStreams ? Array(repeating: "500", count: 3) : []))
            }
            try await server.change(Array(names[0..<20]), to: "new")
            try await server.delete(Array(names[10..<40]))
            try await server.create(Array(names[30..<35]) + ["late"])
            try await watches.settle { try await server.versions() }
        }
    }

    @Test(arguments: ServerKind.available)
    func `A store that is compacted under a watch takes nothing from it`(kind: ServerKind) async throws {
        let server = try await FollowedServer(kind)
        let names = (0..<50).map { "map-\($0)" }
        try await server.create(names)
        let watches = try TenWatches(server.server, .configMaps, namespace: server.namespace)
        try await watches.run {
            try await watches.settle { try await server.versions() }
            for round in 0..<3 {
                try await server.change(names, to: "\(round)")
                try await server.compact()
                try await server.change(Array(names.dropFirst(10)), to: "\(round)-late")
                try await watches.settle { try await server.versions() }
            }
            // The fake one has no cache before its store: what it had not sent yet is gone.
            guard kind == .real else { return }
            #expect(watches.followers.allSatisfy { $0.api.lists == 1 }, "read anew although nothing was lost")
        }
    }

    @Test(arguments: ServerKind.available)
    func `Versions that are gone when a watch comes back are made up for`(kind: ServerKind) async throws {
        let server = try await FollowedServer(kind)
        let names = (0..<60).map { "map-\($0)" }
        try await server.create(names)
        let network = try await Relay(to: server.server)
        let watches = try TenWatches(network, .configMaps, namespace: server.namespace)
        try await watches.run {
            try await watches.settle { try await server.versions() }
            network.fallSilent()
            try await server.change(Array(names[0..<20]), to: "unseen")
            try await server.delete(Array(names[10..<40]))
            try await server.create(Array(names[30..<35]) + (0..<10).map { "new-\($0)" })
            try await server.compact()
            // A real server keeps a while in memory what its store has forgotten.
            await server.kill()
            try await server.restart()
            await network.dropConnections()
            network.recover()
            try await watches.settle { try await server.versions() }
            #expect(watches.followers.allSatisfy { $0.api.lists >= 2 }, "followed on although versions were gone")
            try await server.change(["new-1"], to: "seen")
            try await watches.settle { try await server.versions() }
        }
    }

    @Test(arguments: ServerKind.available)
    func `A server that is down is asked at most once a second by each watch`(kind: ServerKind) async throws {
        let server = try await FollowedServer(kind)
        let names = (0..<40).map { "map-\($0)" }
        try await server.create(names)
        let watches = try TenWatches(server.server, .configMaps, namespace: server.namespace)
        try await watches.run {
            try await watches.settle { try await server.versions() }
            let killed = ContinuousClock.now
            await server.kill()
            // How often it is asked shows only over some time.
            try await Task.sleep(for: .seconds(5))
            try await server.restart()
            let isBack = ContinuousClock.now
            try await server.change(Array(names[0..<20]), to: "new")
            try await server.delete(Array(names[10..<30]))
            try await watches.settle { try await server.versions() }
            for follower in watches.followers {
                let asked = follower.api.openings.map(\.time).filter { killed < $0 }
                #expect(zip(asked, asked.dropFirst()).allSatisfy { $1 - $0 >= .milliseconds(990) })
                #expect(asked.count { $0 < isBack } >= 2, "it was not asked at all")
            }
        }
    }
}
