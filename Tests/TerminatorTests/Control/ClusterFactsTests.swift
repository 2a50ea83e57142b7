import Basics
import FakeKube
import KubeClient
import KubeModel
import KubeRuntime
import PodRules
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// What is asked of a cluster beside its pods, and how long it is believed.
@Suite struct ClusterFactsTests {
    @Test func `known sidecars of a labelled namespace count against the Job's limit`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 2)
        for name in ["own", "other"] { cluster.known(name, policy: "OnFailure") }
        cluster.server.update { api in
            _ = api.change("Pod", "other", in: Cluster.namespace) {
                $0["metadata"]?["annotations"] = .object([
                    .init(WellKnownNames.Annotation.progress, "istio-proxy=image@1795240856/0")
                ])
            }
        }
        let namespaces = KnownNamespaces()
        _ = namespaces.take([.added(ObjectUID("1"), Cluster.namespace)])
        let facts = ClusterFacts(cluster.client, rules: .init(), namespaces: namespaces, time: .system)
        let own = try #require(try await facts.pod(ObjectKey(namespace: Cluster.namespace, name: "own")))
        var budget = try await facts.budget(of: own)
        #expect(budget.take() == .later, "the other pod's swap is under way")
        await cluster.client.shutdown()
    }

    @Test func `a Job's pods that end together are counted once, with the swaps since`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 3)
        for name in ["a", "b", "c"] { cluster.pod(name, policy: "OnFailure") }
        let clock = VirtualClock()
        let facts = ClusterFacts(cluster.client, rules: .init(), namespaces: KnownNamespaces(), time: Timepiece(clock))
        var pods: [PodFacts] = []
        for name in ["a", "b", "c"] {
            pods.append(try #require(try await facts.pod(ObjectKey(namespace: Cluster.namespace, name: name))))
        }
        for (pod, allowance) in zip(pods, [RestartBudget.Allowance.granted, .granted, .later]) {
            var budget = try await facts.budget(of: pod)
            #expect(budget.take() == allowance)
            var swapped = pod
            swapped.progress.record(.init(.image, at: 1), of: "sidecar")
            facts.take(swapped)
        }
        let counts = { cluster.server.requests.count { $0.target.contains("/pods?") } }
        #expect(counts() == 1)
        // They were not made after all.
        clock.advance(by: .seconds(1))
        var budget = try await facts.budget(of: pods[0])
        #expect(budget.take() == .granted && counts() == 2)
        facts.forgetRestarts(of: pods[0])
        _ = try await facts.budget(of: pods[0])
        #expect(counts() == 3)
        await cluster.client.shutdown()
    }

    /// Names that were labelled before, changes, whether that is news, and whether the name counts then.
    @Test(
        arguments: [
            ([.added(ObjectUID("1"), "a")], true, true),
            ([.added(ObjectUID("1"), "a"), .removed(ObjectUID("1"), "a")], true, false),
            // Deleted and made again while the watch was broken.
            ([.added(ObjectUID("1"), "a"), .added(ObjectUID("2"), "a"), .removed(ObjectUID("1"), "a")], true, true),
            ([.added(ObjectUID("1"), "a"), .removed(ObjectUID("1"), "a"), .added(ObjectUID("2"), "a")], true, true),
            ([.removed(ObjectUID("1"), "a")], false, false), ([.synced], false, false),
        ] as [([ObjectChange<String>], Bool, Bool)])
    func `a namespace of the same name is another one`(
        _ changes: [ObjectChange<String>], _ isNews: Bool, _ counts: Bool
    ) {
        let namespaces = KnownNamespaces()
        #expect(namespaces.take(changes) == isNews)
        #expect(namespaces.contains("a") == counts)
    }
}
