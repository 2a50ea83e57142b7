import Basics
import FakeKube
import KubeClient
import KubeModel
import OperatorConfiguration
import PodRules
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// The rungs that reach into a pod: `http` and `exec`.
@Suite(.timeLimit(.minutes(20))) struct PodStreamsTests {
    private static let pod = "early"
    private static let path = "/api/v1/namespaces/team/pods/early"

    @Test func `a sidecar that leaves when it is asked to is left alone`() async throws {
        let cluster = try await Cluster()
        let sidecar = try ScriptedHTTPServer { _ in
            cluster.endSidecar(of: Self.pod)
            return [.ok("bye")]
        }
        defer { sidecar.stop() }
        cluster.script(Self.pod) { $0.ports = [15020: sidecar.port] }
        cluster.pod(Self.pod)
        try await cluster.controlled(.asking) { try await eventually("the end") { cluster.isConcluded(Self.pod) } }
        #expect(sidecar.requests.map { "\($0.method) \($0.target)" } == ["POST /quitquitquit"])
        #expect(cluster.image(of: Self.pod) == "busybox:latest")
        #expect(cluster.counted("http", "requested") == 1)
        await cluster.client.shutdown()
    }

    enum Deafness: CaseIterable {
        case absent, unwilling, stuck, forbidden, unreachable

        var steps: [ScriptedHTTPServer.Step] { self == .unwilling ? [.respond(404)] : [.stall] }

        var refusal: StatusError? {
            switch self {
            case .forbidden: StatusError(403, "Forbidden", "cannot create resource pods/portforward")
            case .unreachable: StatusError(500, "InternalError", "error dialing backend: no route to host")
            case .absent, .unwilling, .stuck: nil
            }
        }
    }

    @Test(arguments: Deafness.allCases)
    func `a sidecar that cannot be asked is swapped at once`(_ deafness: Deafness) async throws {
        let cluster = try await Cluster()
        let sidecar = try ScriptedHTTPServer { _ in deafness.steps }
        defer { sidecar.stop() }
        cluster.script(Self.pod) { $0.ports = deafness == .absent ? [:] : [15020: sidecar.port] }
        if let refusal = deafness.refusal {
            cluster.server.inject(.status(refusal), for: .init("GET", Self.path + "/portforward"))
        }
        cluster.pod(Self.pod)
        try await cluster.controlled(.asking, timeout: .seconds(2)) {
            try await eventually("the swap", limit: .seconds(10)) { cluster.image(of: Self.pod) == "exit0:latest" }
        }
        let progress = try #require(cluster.progress(of: Self.pod))
        #expect(progress.wholeMatch(of: /sidecar=http@\d+\/0!,image@\d+\/0/) != nil, "\(progress)")
        #expect(cluster.counted("http", "failed") == 1)
        #expect(cluster.counted("http", "requested") == 0)
        await cluster.client.shutdown()
    }

    @Test func `a sidecar that gives no answer is given its time`() async throws {
        let cluster = try await Cluster()
        let sidecar = try ScriptedHTTPServer { _ in [.close] }
        defer { sidecar.stop() }
        cluster.script(Self.pod) { $0.ports = [15020: sidecar.port] }
        cluster.pod(Self.pod)
        var configuration = TerminatorConfiguration.asking
        configuration.patience.http = .seconds(1)
        try await cluster.controlled(configuration) {
            try await eventually("the swap") { cluster.image(of: Self.pod) == "exit0:latest" }
        }
        #expect(cluster.progress(of: Self.pod)?.contains("!") == false)
        #expect(cluster.counted("http", "requested") == 1)
        #expect(sidecar.requests.count == 1)
        await cluster.client.shutdown()
    }

    /// What counts is whether the container ends.
    @Test(arguments: [
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.0 200 OK\r\n\r\nbye", "HTTP/1.1 202 Accepted\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "bye", "",
    ])
    func `whatever a sidecar answers it was asked`(_ answer: String) async throws {
        let cluster = try await Cluster()
        let sidecar = try ScriptedHTTPServer { _ in
            cluster.endSidecar(of: Self.pod)
            return [.send(answer), .close]
        }
        defer { sidecar.stop() }
        cluster.script(Self.pod) { $0.ports = [15020: sidecar.port] }
        cluster.pod(Self.pod)
        try await cluster.controlled(.asking) { try await eventually("the end") { cluster.isConcluded(Self.pod) } }
        #expect(cluster.counted("http", "requested") == 1)
        #expect(cluster.counted("http", "failed") == 0)
        #expect(cluster.image(of: Self.pod) == "busybox:latest")
        await cluster.client.shutdown()
    }

    /// The first command that each container has, and how it ends where process 1 ends with it.
    @Test(arguments: [("kill", 0, 1), ("sh", 0, 2), ("/bin/sh", 0, 3), ("kill", 137, 1)])
    func `a process is signalled by what its container has`(_ program: String, _ code: Int, _ count: Int) async throws {
        let cluster = try await Cluster()
        cluster.script(Self.pod) { script in
            script.exec = { call in
                guard call.command[0] == program else { return .missing(call.command[0]) }
                cluster.endSidecar(of: Self.pod)
                return PodScript.Run(exitCode: code)
            }
        }
        cluster.pod(Self.pod)
        try await cluster.controlled(.signalling) { try await eventually("the end") { cluster.isConcluded(Self.pod) } }
        let calls = cluster.server.requests.map(\.target).filter { $0.hasPrefix(Self.path + "/exec?") }
        #expect(calls.count == count)
        #expect(calls.allSatisfy { $0.contains("container=sidecar&") && $0.contains("TERM") })
        #expect(cluster.counted("exec", "requested") == 1)
        #expect(cluster.phase(of: Self.pod) == "Succeeded")
        await cluster.client.shutdown()
    }

    @Test func `what reaches into a pod waits for its turn like every request`() async throws {
        let cluster = try await Cluster()
        cluster.script(Self.pod) { $0.exec = { _ in PodScript.Run() } }
        cluster.pod(Self.pod)
        let clock = VirtualClock()
        let client = KubeClient(cluster.access, KubeClientOptions(rate: 1, burst: 1), time: Timepiece(clock))
        _ = try await client.send(APIRequest("GET", "/version"))
        let streams = ClusterStreams(client)
        async let code = streams.run(
            ["kill", "-TERM", "1"], in: "sidecar", of: ObjectKey(namespace: Cluster.namespace, name: Self.pod))
        await clock.sleepers(1)
        #expect(!cluster.server.requests.contains { $0.target.contains("/exec?") })
        clock.advance(by: .seconds(1))
        #expect(try await code == 0)
        await client.shutdown()
        await cluster.client.shutdown()
    }

    @Test func `where nothing can be run the phase is held`() async throws {
        let cluster = try await Cluster()
        cluster.script(Self.pod) { script in script.exec = { .missing($0.command[0]) } }
        cluster.pod(Self.pod)
        try await cluster.controlled(.signalling) {
            try await eventually("the phase", limit: .seconds(10)) { cluster.phase(of: Self.pod) == "Succeeded" }
        }
        #expect(cluster.progress(of: Self.pod)?.contains("!,hold@") == true)
        #expect(cluster.counted("exec", "failed") == 1)
        await cluster.client.shutdown()
    }
}

extension Cluster {
    fileprivate func script(_ pod: String, _ change: (inout PodScript) -> Void) {
        var script = PodScript()
        script.ephemeral = { _ in .ended(0) }
        change(&script)
        let ready = script
        server.update { $0.pods["\(Self.namespace)/\(pod)"] = ready }
    }

    fileprivate func isConcluded(_ pod: String) -> Bool {
        object(pod)?["status"]?["conditions"]?.array?.contains {
            $0["type"]?.string == WellKnownNames.Condition.sidecarTerminated && $0["status"]?.string == "True"
        } == true
    }

    fileprivate func counted(_ rung: String, _ result: String) -> Int {
        let prefix = #"kpipe_terminator_rungs_total{rung="\#(rung)",result="\#(result)"} "#
        let lines = String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n")
        return lines.first { $0.hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) } ?? 0
    }
}

extension PodScript.Run {
    /// What containerd says.
    fileprivate static func missing(_ program: String) -> Self {
        var run = Self()
        run.failure = "OCI runtime exec failed: exec: \"\(program)\": executable file not found in $PATH"
        return run
    }
}

extension TerminatorConfiguration {
    /// The sidecar has a quit endpoint; a swap comes after it.
    fileprivate static var asking: Self {
        var sidecar = SidecarConfiguration()
        sidecar.names = ["sidecar"]
        sidecar.quit = QuitEndpoint(port: 15020, path: "/quitquitquit")
        var configuration = Self.exiting
        configuration.sidecars = [sidecar]
        return configuration
    }

    /// The sidecar heeds SIGTERM.
    fileprivate static var signalling: Self {
        var sidecar = SidecarConfiguration()
        sidecar.names = ["sidecar"]
        sidecar.exitsWithZero = true
        sidecar.ladder = [.exec, .hold]
        var configuration = Self()
        configuration.sidecars = [sidecar]
        return configuration
    }
}
