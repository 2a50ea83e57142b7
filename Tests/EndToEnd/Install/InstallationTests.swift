import Basics
import FakeKube
import Foundation
import TestSupport
import Testing
import YAMLTree

/// From nothing to a converted pod and an ended Job, and back to nothing, on a real node, by the chart and by kustomize.
@Suite(
    .requires(.kubectl), .requires(module: .helm), .requires(.nginx), .requiresInstallableNode, .onlyOne, .serialized,
    .timeLimit(.minutes(10)))
struct InstallationTests {
    /// With a sidecar that never ends by itself.
    private static func job(_ name: String, seconds: Int = 1) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: \(name)}
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 3
              containers:
              - name: main
                image: \(NodeTrial.image)
                command: [sleep, "\(seconds)"]
              - name: side
                image: \(NodeTrial.image)
                command: [sh, -c, "sleep 100000"]
                env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]
        ---

        """
    }

    private static let converted = ["sidecar.k-pipe.cloud/convert": "enabled"]

    @Test(arguments: Installation.Way.allCases)
    func `from nothing to a converted pod and an ended Job within a minute, and back`(_ way: Installation.Way)
        async throws
    {
        let before = try await #require(LabNode.atHand).everything()
        let begin = ContinuousClock.now
        try await Installation.run(way) { _ in
            try await NodeTrial.run("installed") { plain in
                try await NodeTrial.run("converted", labels: Self.converted) { converted in
                    try await plain.apply(Self.job("ended"))
                    try await converted.apply(Self.job("native"))
                    #expect(try await plain.end(of: "ended") == "Complete")
                    #expect(try await converted.end(of: "native") == "Complete")
                    #expect(ContinuousClock.now - begin < .seconds(60))
                    let (ended, native) = (try await plain.pod(of: "ended"), try await converted.pod(of: "native"))
                    #expect(ended.text(at: "spec.initContainers") == nil)
                    #expect(ended[path: ["spec", "containers"]]?.array?.count == 2)
                    #expect(native[path: ["spec", "containers"]]?.array?.count == 1)
                    let moved = native[path: ["spec", "initContainers"]]?.array?.first
                    #expect(moved?["name"]?.string == "side" && moved?["restartPolicy"]?.string == "Always")
                }
            }
        }
        // Trials' namespaces take their time.
        try await eventually("nothing left", limit: .seconds(120)) {
            try await Self.left(since: before).isEmpty
        }
    }

    private static func left(since before: Set<String>) async throws -> Set<String> {
        try await #require(LabNode.atHand).everything().subtracting(before).filter { !$0.contains("render-") }
    }

    @Test func `helm test asks the terminator`() async throws {
        try await Installation.run(.chart) { installation in
            try await installation.test()
            try await installation.scale("kpipe-terminator", to: 0)
            await #expect(throws: (any Error).self) { try await installation.test() }
        }
    }

    /// Pods come in unconverted, and no later than the webhook's deadline.
    @Test func `the API server goes on making pods whatever befalls the webhook`() async throws {
        let node = try #require(LabNode.atHand)
        let stranger = try await Nginx.start(.init(certificates: Certificates()))
        let port = try freePorts(1)[0]
        let silence = try ChildProcess(
            Tool.python.path ?? "python3",
            ["-c", "import socket, time; s = socket.create_server(('127.0.0.1', \(port))); time.sleep(600)"])
        try await Installation.run(.chart) { installation in
            let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/kpipe-webhook"
            let client = try await #require(node.get(path)["webhooks"]?[0]?["clientConfig"])
            func ask(_ config: JSONValue) async throws {
                let patch = (0..<2).map { index -> JSONValue in
                    ["op": "replace", "path": .string("/webhooks/\(index)/clientConfig"), "value": config]
                }
                try await node.kubectl([
                    "patch", "mutatingwebhookconfiguration", "kpipe-webhook", "--type=json", "--patch",
                    JSONValue.array(patch).text,
                ])
            }
            try await NodeTrial.run("befallen", labels: Self.converted) { trial in
                func create(_ name: String) async throws -> (took: Duration, containers: Int?) {
                    let begin = ContinuousClock.now
                    try await trial.apply(Self.pod(name))
                    let took = ContinuousClock.now - begin
                    let pod = try JSONValue(parsing: await trial.kubectl(["get", "pod", name, "-o", "json"]))
                    return (took, pod[path: ["spec", "containers"]]?.array?.count)
                }
                #expect(try await create("asked").containers == 1)
                try await installation.scale("kpipe-webhook", to: 0)
                let authority = client["caBundle"] ?? ""
                let troubles: [(String, JSONValue)] = [
                    ("down", client),
                    (
                        "certificate",
                        ["url": .string("https://localhost:\(stranger.port)/convert"), "caBundle": authority]
                    ),
                    ("hangs", ["url": .string("https://127.0.0.1:\(port)/convert"), "caBundle": authority]),
                ]
                for (name, config) in troubles {
                    try await ask(config)
                    let pod = try await create(name)
                    #expect(pod.containers == 2, "\(name)")
                    #expect(pod.took < .seconds(10), "\(name)")
                }
                try await ask(client)
                try await installation.scale("kpipe-webhook", to: 2)
                try await eventually("conversion again", limit: .seconds(60), every: .seconds(2)) {
                    try await create("again-\(UInt32.random(in: 0...99999))").containers == 1 ? true : nil
                }
            }
        }
        await silence.finish()
    }

    private static func pod(_ name: String) -> String {
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name)}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: \(NodeTrial.image)
            command: ["true"]
          - name: side
            image: \(NodeTrial.image)
            command: [sh, -c, "trap 'exit 0' TERM; sleep 1000"]
            env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]

        """
    }

    /// Their main containers end before, while and after the pods are made anew.
    @Test(arguments: Installation.Way.allCases)
    func `an upgrade with Jobs running loses no termination`(_ way: Installation.Way) async throws {
        let node = try #require(LabNode.atHand)
        try await Installation.run(way) { installation in
            func certificate() async throws -> JSONValue? {
                try await node.get("/api/v1/namespaces/\(Installation.namespace)/secrets/kpipe-webhook-certificate")[
                    "data"]
            }
            let before = try await certificate()
            try await NodeTrial.run("upgraded") { plain in
                try await NodeTrial.run("upgraded", labels: Self.converted) { converted in
                    let jobs = (0..<24).map { (name: "job-\($0)", seconds: 1 + 2 * $0) }
                    try await plain.apply(jobs.map { Self.job($0.name, seconds: $0.seconds) }.joined())
                    try await installation.upgrade()
                    for job in jobs {
                        #expect(try await plain.end(of: job.name) == "Complete", "\(job.name)")
                        #expect(try await plain.exitCodes(of: job.name)["main"] == "0", "\(job.name)")
                    }
                    #expect(try await certificate() == before)
                    try await converted.apply(Self.job("after"))
                    #expect(try await converted.end(of: "after") == "Complete")
                    #expect(
                        try await converted.pod(of: "after")[path: ["spec", "containers"]]?.array?.count == 1)
                }
            }
        }
    }
}
