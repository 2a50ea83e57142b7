import Basics
import FakeKube
import KubeClient
import KubeModel
import PodTestSupport
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// What is told of pods beside ending their sidecars: what they hold, and why they hang.
@Suite struct HeldPodTests {
    @Test func `what was held open, and what is free again, is counted`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.change("early") { pod in
            let containers = pod["spec"]?["containers"]?.array ?? []
            pod["spec"]?["containers"] = .array(
                containers.map { container in
                    var container = container
                    container["resources"] = ["requests": ["cpu": "250m", "memory": "1Ki"]]
                    return container
                })
        }
        let end = KubeTime.now
        let lines = [
            #"kpipe_terminator_held_open_seconds_total{namespace="team",sidecar="sidecar"} 40"#,
            #"kpipe_terminator_held_open_cpu_seconds_total{namespace="team",sidecar="sidecar"} 20"#,
            #"kpipe_terminator_held_open_memory_byte_seconds_total{namespace="team",sidecar="sidecar"} 81920"#,
            #"kpipe_terminator_freed_cpu_cores_total{namespace="team"} 0.5"#,
            #"kpipe_terminator_freed_memory_bytes_total{namespace="team"} 2048"#,
        ]
        try await cluster.controlled {
            try await eventually("the swap") { cluster.image(of: "early") == "exit0:latest" }
            cluster.change("early") { pod in
                var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                for (index, seconds) in [(0, -40), (1, 0)] {
                    statuses[index][path: ["state"]] = [
                        "terminated": [
                            "exitCode": 0, "finishedAt": .string(KubeTime(seconds: end.seconds + Int64(seconds)).text),
                        ]
                    ]
                }
                pod["status"]?["containerStatuses"] = .array(statuses)
                pod["status"]?["phase"] = "Succeeded"
            }
            try await eventually("the figures") {
                let text = String(decoding: cluster.registry.exposition(), as: UTF8.self).split(separator: "\n")
                return lines.allSatisfy { text.contains(Substring($0)) }
            }
        }
        await cluster.client.shutdown()
    }

    /// Neither carries a marker; nothing is done to either.
    @Test func `a pod that hangs unmarked is counted, and one whose native sidecar does not start is told`()
        async throws
    {
        let cluster = try await Cluster()
        let hanging = "kpipe_terminator_unmarked_pods_hanging "
        @Sendable func count() -> String? {
            String(decoding: cluster.registry.exposition(), as: UTF8.self).split(separator: "\n")
                .first { $0.hasPrefix(hanging) }.map { String($0.dropFirst(hanging.count)) }
        }
        for name in ["hangs", "stuck", "busy"] { cluster.pod(name, main: name == "busy" ? .up : .ended(0)) }
        cluster.unmark("hangs", "busy", "stuck")
        cluster.change("stuck") { pod in
            pod["spec"]?["initContainers"] = [["name": "proxy", "image": "gone:1", "restartPolicy": "Always"]]
            pod["status"] = [
                "phase": "Pending",
                "initContainerStatuses": [
                    [
                        "name": "proxy", "restartCount": 0, "started": false,
                        "state": ["waiting": ["reason": "ErrImagePull"]],
                    ]
                ],
            ]
        }
        @Sendable func events() -> [JSONValue] { cluster.server.update { $0.objects("Event") } }
        try await cluster.controlled {
            try await eventually("the Event") { !events().isEmpty }
            try await eventually("the count") { count() == "1" }
            // The kubelet says the one and the other all the time.
            for reason in ["ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"] {
                cluster.change("stuck") {
                    $0[path: ["status", "initContainerStatuses"]] = [
                        [
                            "name": "proxy", "restartCount": 0, "started": false,
                            "state": ["waiting": ["reason": .string(reason)]],
                        ]
                    ]
                }
            }
            cluster.change("hangs") { $0["status"]?["phase"] = "Succeeded" }
            try await eventually("the count afterwards") { count() == "0" }
        }
        let told = events()
        #expect(told.map { $0["reason"]?.string } == ["SidecarNotStarting"] && told[0]["series"] == nil)
        #expect(told[0][path: ["involvedObject", "name"]]?.string == "stuck")
        #expect(!cluster.server.requests.contains { $0.method == "PATCH" })
        await cluster.client.shutdown()
    }
}
