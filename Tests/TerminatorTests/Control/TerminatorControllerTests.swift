import Basics
import FakeKube
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import PodRules
import PodTestSupport
import Synchronization
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

@Suite struct TerminatorControllerTests {
    @Test func `a sidecar is swapped once main has ended, and the end is told`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.pod("busy", main: .up)
        try await cluster.controlled {
            try await eventually("the swap") { cluster.image(of: "early") == "exit0:latest" }
            #expect(cluster.progress(of: "early")?.hasPrefix("sidecar=image@") == true)
            cluster.endSidecar(of: "early")
            try await eventually("the condition") {
                cluster.object("early")?["status"]?["conditions"]?.array?.contains {
                    $0["type"]?.string == WellKnownNames.Condition.sidecarTerminated && $0["status"]?.string == "True"
                } == true
            }
            // Told beside the work, and after it: whoever stops the controller waits a few seconds for that, no longer.
            try await eventually("the Events") {
                let reasons = cluster.server.update { $0.objects("Event") }.compactMap { $0["reason"]?.string }
                return Set(reasons) == ["SidecarTerminating", "SidecarTerminated"]
            }
            #expect(cluster.image(of: "busy") == "busybox:latest")
        }
        await cluster.client.shutdown()
    }

    @Test func `main may end later`() async throws {
        let cluster = try await Cluster()
        cluster.pod("busy", main: .up)
        try await cluster.controlled {
            try await eventually("the watch") { cluster.server.openWatches >= 1 }
            cluster.pod("busy")
            try await eventually("the swap") { cluster.image(of: "busy") == "exit0:latest" }
        }
        await cluster.client.shutdown()
    }

    @Test func `where a restart is one too many the phase is held until the Job has counted`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 0)
        cluster.pod("strict", policy: "OnFailure")
        try await cluster.controlled {
            try await eventually("the phase") { cluster.phase(of: "strict") == "Succeeded" }
            #expect(cluster.image(of: "strict") == "busybox:latest")
            cluster.server.update { api in
                // The kubelet knows better.
                _ = api.change("Pod", "strict", in: Cluster.namespace) { $0["status"]?["phase"] = "Running" }
            }
            try await eventually("the phase again") { cluster.phase(of: "strict") == "Succeeded" }
            cluster.count("strict")
            try await eventually("the word to the kubelet") {
                cluster.progress(of: "strict")?.contains("deadline@") == true
            }
        }
        await cluster.client.shutdown()
    }

    @Test(arguments: ["Running", "Succeeded"])
    func `who leads next finds a pod that is held, whatever its phase says`(_ phase: String) async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 0)
        cluster.pod("strict", policy: "OnFailure")
        try await cluster.controlled {
            try await eventually("the phase") { cluster.phase(of: "strict") == "Succeeded" }
        }
        // Nobody leads: the kubelet takes the phase back, or not; the Job counts.
        cluster.count("strict")
        cluster.server.update { api in
            _ = api.change("Pod", "strict", in: Cluster.namespace) { $0["status"]?["phase"] = .string(phase) }
        }
        try await cluster.controlled {
            try await eventually("the word to the kubelet") {
                cluster.progress(of: "strict")?.contains("deadline@") == true
            }
            cluster.endSidecar(of: "strict")
            try await eventually("the end of the label") {
                cluster.object("strict")?["metadata"]?["labels"]?[WellKnownNames.Label.held] == nil
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `in one namespace its label makes known sidecars count`() async throws {
        let cluster = try await Cluster()
        cluster.labelNamespace()
        cluster.known("mesh")
        var options = TerminatorOptions()
        options.namespace = Cluster.namespace
        let scoped = options
        try await cluster.controlled(.exiting, scoped) {
            try await eventually("the rung") { cluster.progress(of: "mesh")?.hasPrefix("istio-proxy=") == true }
        }
        #expect(!cluster.server.requests.contains { $0.target.hasPrefix("/api/v1/namespaces?") })
        await cluster.client.shutdown()
    }

    /// Where less may be asked than is due, by the rate and by what is worked on at once.
    @Test func `a tenant with very many pods keeps no other waiting`() async throws {
        let cluster = try await Cluster(KubeClientOptions(rate: 200, burst: 20))
        cluster.server.update { $0.addNamespace("other") }
        let crowd = (0..<400).map { "crowd-\($0)" }
        for name in crowd { cluster.pod(name) }
        var configuration = TerminatorConfiguration.exiting
        configuration.workers = 8
        let few = configuration
        try await cluster.controlled(few) {
            try await eventually("the crowd's first swaps") {
                crowd.contains { cluster.image(of: $0) == "exit0:latest" }
            }
            cluster.pod("alone", in: "other")
            try await eventually("the swap") {
                cluster.image(of: "alone", in: "other") == "exit0:latest"
            }
            #expect(crowd.count { cluster.image(of: $0) == "exit0:latest" } < crowd.count / 2)
        }
        await cluster.client.shutdown()
    }

    /// A pod whose phase nobody counts is the kubelet's and ours to quarrel about for ever.
    @Test(arguments: [(age: 10, isAtOnce: true), (age: 400, isAtOnce: false)])
    func `a hold that nobody counts for long is renewed at leisure`(_ age: Int64, _ isAtOnce: Bool) async throws {
        let cluster = try await Cluster()
        cluster.pod("strict")
        let start = WallClock.system.microsecondsSince1970() / 1_000_000 - age
        cluster.server.update { api in
            _ = api.change("Pod", "strict", in: Cluster.namespace) { pod in
                pod["metadata"]?["labels"]?[WellKnownNames.Label.held] = "true"
                pod["metadata"]?["annotations"] = .object([
                    .init(WellKnownNames.Annotation.progress, .string("sidecar=hold@\(start)/0"))
                ])
            }
        }
        cluster.pod("early")
        try await cluster.controlled {
            try await eventually("the other pod's swap") { cluster.image(of: "early") == "exit0:latest" }
            if isAtOnce { try await eventually("the phase") { cluster.phase(of: "strict") == "Succeeded" } }
            #expect((cluster.phase(of: "strict") == "Succeeded") == isAtOnce)
            // What is news is looked at at once all the same.
            cluster.count("strict")
            try await eventually("the word to the kubelet") {
                cluster.progress(of: "strict")?.contains("deadline@") == true
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `what became of rungs is counted`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        try await cluster.controlled {
            try await eventually("the swap") { cluster.image(of: "early") == "exit0:latest" }
            cluster.endSidecar(of: "early")
            try await eventually("the end") {
                String(decoding: cluster.registry.exposition(), as: UTF8.self)
                    .contains(#"kpipe_terminator_rungs_total{rung="image",result="succeeded"} 1"#)
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `what was lost and saved is counted once, however often the condition has to be sent`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        try await cluster.controlled {
            try await eventually("the swap") { cluster.image(of: "early") == "exit0:latest" }
            cluster.server.inject(
                .status(StatusError(409, "Conflict", "the object has been modified")),
                for: .init("PATCH", "/api/v1/namespaces/team/pods/early/status"), times: 2)
            cluster.endSidecar(of: "early")
            try await eventually("the condition") {
                cluster.object("early")?["status"]?["conditions"]?.array?.isEmpty == false
            }
            try await eventually("the count") {
                let text = String(decoding: cluster.registry.exposition(), as: UTF8.self)
                return text.contains(#"kpipe_terminator_rungs_total{rung="image",result="succeeded"} 1"#)
                    && text.contains("kpipe_terminator_completion_seconds_count 1")
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `swaps of one Job wait for each other where restarts are short`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 2)
        for name in ["a", "b", "c"] { cluster.pod(name, policy: "OnFailure") }
        try await cluster.controlled {
            for round in 1...3 {
                try await eventually("swap \(round)") {
                    ["a", "b", "c"].count { cluster.image(of: $0) == "exit0:latest" } >= round
                }
                let swapped = ["a", "b", "c"].filter {
                    cluster.image(of: $0) == "exit0:latest" && cluster.phase(of: $0) == "Running"
                }
                #expect(swapped.count == 1)
                for name in swapped { cluster.endSidecar(of: name) }
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `a patch that meets a change is made again`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.server.inject(
            .status(StatusError(409, "Conflict", "the object has been modified")),
            for: .init("PATCH", "/api/v1/namespaces/team/pods/early"), times: 2)
        try await cluster.controlled {
            try await eventually("the swap") { cluster.image(of: "early") == "exit0:latest" }
        }
        await cluster.client.shutdown()
    }

    /// Nobody comes after it: what it has begun it sees through.
    @Test func `one that looks once leaves no sidecar half-ended`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 0)
        cluster.pod("early")
        cluster.pod("strict", policy: "OnFailure")
        cluster.pod("beyond", command: ["/opt/x"])
        cluster.server.update { api in
            _ = api.change("Pod", "beyond", in: Cluster.namespace) { $0["metadata"]?["ownerReferences"] = [] }
        }
        var options = TerminatorOptions()
        options.isOnce = true
        let controller = TerminatorController(
            .exiting, options, api: cluster.client, streams: ClusterStreams(cluster.client),
            registry: cluster.registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        async let end: Void = controller.run()
        try await eventually("the swap, after its rehearsal") { cluster.image(of: "early") == "exit0:latest" }
        cluster.endSidecar(of: "early")
        try await eventually("the phase") { cluster.phase(of: "strict") == "Succeeded" }
        cluster.count("strict")
        try await eventually("the word to the kubelet") {
            cluster.progress(of: "strict")?.contains("deadline@") == true
        }
        cluster.endSidecar(of: "strict")
        await end
        let text = String(decoding: cluster.registry.exposition(), as: UTF8.self)
        #expect(text.contains(#"kpipe_terminator_rungs_total{rung="hold",result="requested"} 1"#))
        let reasons = ["early", "strict"].map { pod in
            cluster.object(pod)?["status"]?["conditions"]?.array?.last?["reason"]?.string
        }
        #expect(reasons == ["EndedByImage", "EndedByDeadline"])
        await cluster.client.shutdown()
    }

    /// Killed for being late it would not give back the lease.
    @Test func `a server that does not answer keeps nobody from ending`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.server.inject(.stall, for: .init("PATCH"), times: .max)
        let clock = VirtualClock()
        let controller = TerminatorController(
            .exiting, api: cluster.client, streams: ClusterStreams(cluster.client), registry: cluster.registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: Timepiece(clock))
        let hasEnded = Mutex(false)
        let run: @Sendable () async -> Void = {
            await controller.run()
            hasEnded.withLock { $0 = true }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await run() }
            try await eventually("the patch") { cluster.server.faultCount > 0 }
            controller.stop()
            clock.advance(by: .seconds(10))
            #expect(!hasEnded.withLock { $0 })
            clock.advance(by: .seconds(5))
            try await eventually("the end") {
                clock.advance(by: .seconds(1))
                return hasEnded.withLock { $0 }
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `what a rush took is given back when it is over, each time`() async throws {
        let cluster = try await Cluster()
        let clock = VirtualClock()
        let released = Mutex(0)
        let controller = TerminatorController(
            .exiting, api: cluster.client, streams: ClusterStreams(cluster.client), registry: cluster.registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, time: Timepiece(clock)
        ) { released.withLock { $0 += 1 } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await controller.run() }
            defer { controller.stop() }
            for name in ["early", "late"] {
                let before = released.withLock { $0 }
                cluster.pod(name)
                try await eventually("memory given back after \(name)") {
                    clock.advance(by: .seconds(1))
                    return released.withLock { $0 } > before
                }
            }
        }
        await cluster.client.shutdown()
    }

    @Test func `a dry run changes nothing`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        var options = TerminatorOptions()
        options.isDryRun = true
        options.isOnce = true
        let (configured, once) = (TerminatorConfiguration.exiting, options)
        try await cluster.controlled(configured, once) {
            try await eventually("the look at it") {
                String(decoding: cluster.registry.exposition(), as: UTF8.self)
                    .contains(#"kpipe_terminator_verdicts_total{verdict="terminate"} 1"#)
            }
        }
        #expect(cluster.image(of: "early") == "busybox:latest")
        #expect(!cluster.server.requests.contains { $0.method != "GET" })
        await cluster.client.shutdown()
    }

    enum Refusal: CaseIterable {
        case admission, rights, invalid, webhookOfItsOwn

        var error: StatusError {
            switch self {
            case .admission: StatusError(403, "Forbidden", "admission webhook \"images\" denied the request")
            case .rights: StatusError(403, "Forbidden", "cannot patch resource pods")
            case .invalid: StatusError(422, "Invalid", "spec.containers[1].image: forbidden")
            case .webhookOfItsOwn: StatusError(400, "BadRequest", "admission webhook \"images\" denied the request")
            }
        }
    }

    @Test(arguments: Refusal.allCases)
    func `where a swap is refused the next rung is tried`(_ refusal: Refusal) async throws {
        let cluster = try await Cluster()
        cluster.server.inject(
            .status(refusal.error), for: .init("PATCH", "/api/v1/namespaces/team/pods/early"), times: 1)
        cluster.pod("early")
        try await cluster.controlled {
            try await eventually("the phase", limit: .seconds(10)) { cluster.phase(of: "early") == "Succeeded" }
        }
        #expect(cluster.image(of: "early") == "busybox:latest")
        let progress = try #require(cluster.progress(of: "early"))
        #expect(progress.prefixMatch(of: /sidecar=image@\d+\/0\?!,hold@\d+\/0/) != nil, "\(progress)")
        await cluster.client.shutdown()
    }

    @Test func `a pod that may not be changed at all is said to be beyond us, with the reason`() async throws {
        let cluster = try await Cluster()
        cluster.server.inject(
            .status(StatusError(403, "Forbidden", "hands off")),
            for: .init("PATCH", "/api/v1/namespaces/team/pods/early"), times: 1000)
        cluster.pod("early")
        try await cluster.controlled {
            try await eventually("the Event", limit: .seconds(10)) {
                cluster.server.update { $0.objects("Event") }.contains {
                    $0["reason"]?.string == "SidecarTerminationFailed"
                        && $0["message"]?.string?.contains("hands off") == true
                }
            }
        }
        #expect(cluster.server.requests.count { $0.method == "PATCH" } < 10)
        await cluster.client.shutdown()
    }

    /// Nor rehearsed again, where another like it was.
    @Test func `what the watch brought is not read again before a swap`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early", main: .up)
        cluster.pod("late", main: .up)
        try await cluster.controlled {
            try await eventually("the watch") { cluster.server.openWatches >= 1 }
            cluster.pod("early")
            try await eventually("the swap") { cluster.image(of: "early") == "exit0:latest" }
            cluster.pod("late")
            try await eventually("the other swap") { cluster.image(of: "late") == "exit0:latest" }
            let paths = cluster.server.requests.map { "\($0.method) \($0.target)" }
                .filter { $0.contains("/api/v1/namespaces/team/pods/late") }
            #expect(paths == ["PATCH /api/v1/namespaces/team/pods/late"])
        }
        #expect(
            String(decoding: cluster.registry.exposition(), as: UTF8.self)
                .contains(#"kpipe_terminator_rehearsals_total{result="remembered"} 1"#))
        await cluster.client.shutdown()
    }
}
