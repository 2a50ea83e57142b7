import Basics
import FakeKube
import KubeClient
import KubeModel
import KubeTestSupport
import Logging
import OperatorConfiguration
import PodRules
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// What is to be said of pods that finished while nobody led.
@Suite struct FinishedPodsTests {
    private static let swapped = "sidecar=image@1795240856/0"

    @Test(arguments: [false, true]) func `the next leader tells it, and those after it do not`(_ isOnce: Bool)
        async throws
    {
        let cluster = try await Cluster()
        cluster.finished("swapped", progress: Self.swapped)
        cluster.finished("signalled", code: 143, progress: "sidecar=exec@1795240856/0")
        cluster.count("signalled")
        // Nothing was done to these.
        cluster.finished("crashed", code: 143)
        cluster.finished("fine")
        cluster.finished("unmarked", code: 143)
        cluster.unmark("unmarked")
        cluster.finished("hands-off", code: 143)
        cluster.change("hands-off") {
            $0["metadata"]?["annotations"] = .object([.init(WellKnownNames.Annotation.terminator, "disabled")])
        }
        var options = TerminatorOptions()
        options.isOnce = isOnce
        let asked = options
        for leader in ["1", "2"] {
            // The last by name: whoever has come to it has come by all others.
            let last = "z-\(leader)"
            cluster.finished(last, progress: Self.swapped)
            try await cluster.controlled(.exiting, asked) {
                try await eventually("the Event of \(last)") { cluster.told[last] != nil }
            }
        }
        #expect(
            cluster.told == [
                "swapped": ["SidecarTerminated"], "crashed": ["SidecarTerminationFailed"],
                "signalled": ["SidecarTerminated", "SidecarTerminationFailed"],
                "z-1": ["SidecarTerminated"], "z-2": ["SidecarTerminated"],
            ])
        let patches = cluster.server.requests.filter { $0.method == "PATCH" }.map(\.target)
        #expect(
            patches.sorted()
                == ["crashed", "signalled", "swapped", "z-1", "z-2"].map { "/api/v1/namespaces/team/pods/\($0)/status" }
        )
        // What ended by itself is none of what we have freed.
        #expect(
            String(decoding: cluster.registry.exposition(), as: UTF8.self).split(separator: "\n")
                .contains("kpipe_terminator_completion_seconds_count 4"))
        await cluster.client.shutdown()
    }

    /// However many there are, and whatever happens to a page, no more than one is asked for at a time.
    @Test func `they are read a page at a time, and all again where one is lost`() async throws {
        let cluster = try await Cluster()
        let all = (1...1100).map { "pod-\($0 + 1000)" }
        for name in all { cluster.finished(name, progress: Self.swapped, isTold: name.hasSuffix("0")) }
        cluster.server.inject(.gone, for: .init("GET", "/api/v1/pods", isWatch: false), skipping: 1)
        let clock = VirtualClock()
        let namespaces = KnownNamespaces()
        let finished = FinishedPods(
            api: cluster.client, scope: PodWatch.finishedScope(.init(), .exiting),
            selection: TerminatorConfiguration.exiting.rules.selection { _ in false },
            cluster: ClusterFacts(cluster.client, rules: .init(), namespaces: namespaces, time: Timepiece(clock)),
            time: Timepiece(clock), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let visited = Shared<[String]>([])
        async let end: Void = finished.visit(isTriedAgain: true) { sighting in
            visited.change { $0.append(sighting.pod.key.name) }
            cluster.change(sighting.pod.key.name) { $0["status"]?["conditions"] = [.told] }
        }
        await clock.sleepers(1)
        #expect(visited.value.count == 450)
        clock.advance(by: .seconds(60))
        await end
        #expect(visited.value == all.filter { !$0.hasSuffix("0") })
        let lists = cluster.server.requests.map(\.target)
        #expect(lists.count == 5 && lists.allSatisfy { $0.contains("limit=500") })
        #expect(lists.map { $0.contains("continue=") } == [false, true, false, true, true])
        await cluster.client.shutdown()
    }
}

extension Cluster {
    /// A pod whose main container has succeeded and of which every container has ended.
    fileprivate func finished(_ name: String, code: Int = 0, progress: String? = nil, isTold: Bool = false) {
        pod(name)
        endSidecar(of: name)
        change(name) { pod in
            if code != 0 {
                pod["status"]?["phase"] = "Failed"
                var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                statuses[1]["state"] = .ended(code)
                pod["status"]?["containerStatuses"] = .array(statuses)
            }
            if let progress {
                pod["metadata"]?["annotations"] = .object([
                    .init(WellKnownNames.Annotation.progress, .string(progress))
                ])
            }
            if isTold { pod["status"]?["conditions"] = [.told] }
        }
    }

    /// The reasons of all Events, by pod.
    fileprivate var told: [String: [String]] {
        let events = server.update { $0.objects("Event") }
        return Dictionary(
            events.map { ($0[path: ["involvedObject", "name"]]?.string ?? "", [$0["reason"]?.string ?? ""]) },
            uniquingKeysWith: { ($0 + $1).sorted() })
    }
}

extension JSONValue {
    fileprivate static let told: JSONValue = [
        "type": .string(WellKnownNames.Condition.sidecarTerminated), "status": "True",
    ]
}
