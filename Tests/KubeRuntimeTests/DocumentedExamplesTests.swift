import Basics
import DocumentedExamples
import FakeKube
import Foundation
import KubeClient
import KubeModel
import KubeRuntime
import KubeTestSupport
import TestSupport
import Testing

/// The examples in the libraries' documentation, run.
@Suite(.timeLimit(.minutes(20))) struct DocumentedExamplesTests {
    private static let pod = ObjectKey(namespace: "default", name: "web")
    private static let ours = "example.com/batch"

    private static func pod(_ name: String, _ phase: String = "Running", label: String = ours) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"),
                "labels": .object([.init(label, "yes")]),
            ],
            "spec": ["containers": [["name": "main", "image": "i"], ["name": "proxy", "image": "i"]]],
            "status": [
                "phase": .string(phase),
                "containerStatuses": [
                    ["name": "main", "state": ["terminated": ["exitCode": 0]]],
                    ["name": "proxy", "state": ["running": ["startedAt": "2026-11-20T10:00:00Z"]]],
                ],
            ],
        ]
    }

    /// The example's client, and where it got its configuration.
    private static func client(of server: FakeAPIServer) throws -> KubeClient {
        let folder = try TemporaryFolder()
        try folder.write(server.kubeconfig(), to: "kubeconfig")
        return try connect(kubeconfig: folder["kubeconfig"])
    }

    @Test(arguments: [(ours, ["proxy"]), ("example.com/other", nil)] as [(String, [String]?)])
    func `A pod is read as an API server writes it`(label: String, running: [String]?) async throws {
        let server = try await FakeAPIServer.start()
        server.update { _ = $0.place(Self.pod("web", label: label)) }
        let client = try Self.client(of: server)
        #expect(try runningContainers(in: try await client.send(.get(.pods, Self.pod)).body) == running)
        await client.shutdown()
        await server.stop()
    }

    @Test(
        arguments: [
            // What the command answers, and what another writes while it runs.
            (PodScript.Run("riscv64\n"), false, "riscv64"), (PodScript.Run("riscv64\n"), true, nil),
            (PodScript.Run(error: "no uname here", exitCode: 127), false, nil),
        ] as [(PodScript.Run, Bool, String?)])
    func `A pod is asked, and its answer becomes a label`(
        run: PodScript.Run, isOvertaken: Bool, label: String?
    ) async throws {
        let commands = Shared<[[String]]>([])
        let server = try await FakeAPIServer.start()
        server.update { api in
            api.place(Self.pod("web"))
            api.anyPod.exec = { call in
                commands.change { $0.append(call.command) }
                if isOvertaken { server.update { _ = $0.place(Self.pod("web", "Failed")) } }
                return run
            }
        }
        let client = try Self.client(of: server)
        #expect(try await labelWithArchitecture(of: Self.pod, container: "main", client) == label)
        #expect(commands.value == [["uname", "-m"]])
        let stored = server.update { $0.object("Pod", "web", in: "default") }
        #expect(stored?[path: ["metadata", "labels", "example.com/architecture"]]?.string == label)
        #expect(stored?[path: ["metadata", "labels", Self.ours]]?.string == "yes")

        let gone = ObjectKey(namespace: "default", name: "gone")
        #expect(try await labelWithArchitecture(of: gone, container: "main", client) == nil)
        await client.shutdown()
        await server.stop()
    }

    @Test func `One controller at a time follows the pods`() async throws {
        let server = try await FakeAPIServer.start()
        server.update { _ = $0.place(Self.pod("web")) }
        func start(_ worked: Shared<[String]>) throws -> (Task<Void, any Error>, KubeClient) {
            let client = try Self.client(of: server)
            let controller = PodController(client, namespace: "default") { pod in
                worked.change { $0.append(pod.name) }
                // The first visit fails, and is made up for.
                return pod.name == "late" && worked.value.count { $0 == "late" } == 1 ? .failed : .done
            }
            return (Task { try await controller.run() }, client)
        }
        func holder() -> String? {
            server.update { $0.object("Lease", "pod-controller", in: "default") }?.text(at: "spec.holderIdentity")
        }

        let first = Shared<[String]>([])
        let (one, oneClient) = try start(first)
        try await eventually("the first works") { first.value.contains("web") }
        #expect(first.value == ["web"])
        let leader = holder()
        #expect(leader?.isEmpty == false)
        let second = Shared<[String]>([])
        let (other, otherClient) = try start(second)
        server.update { _ = $0.place(Self.pod("late")) }
        try await eventually("a failure comes again") { first.value.count { $0 == "late" } >= 2 }
        #expect(first.value == ["web", "late", "late"])
        server.update { _ = $0.vanish("Pod", "late", in: "default") }
        try await eventually("what is gone is told") { first.value.count { $0 == "late" } > 2 }
        #expect(first.value == ["web", "late", "late", "late"])
        #expect(second.value.isEmpty)
        #expect(holder() == leader)

        one.cancel()
        try? await one.value
        try await eventually("the second takes over") { second.value.contains("web") }
        #expect(second.value == ["web"])
        #expect(holder() != leader)
        other.cancel()
        try? await other.value
        #expect(holder().map { $0.isEmpty } ?? true)
        for client in [oneClient, otherClient] { await client.shutdown() }
        await server.stop()
    }

    /// Each article shows the sources that ran above, whole, and no other Swift.
    @Test func `The documentation shows what was run`() throws {
        let folder = Repository.path("Tests/Support/DocumentedExamples")
        let sources = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
            try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8)
        }
        var shown: [String] = []
        for module in ["KubeClient", "KubeModel", "KubeRuntime"] {
            let article = try String(
                contentsOfFile: Repository.path("Sources/\(module)/\(module).docc/\(module).md"), encoding: .utf8)
            let blocks = article.matches(of: /```swift\n([\s\S]*?)```/).map { String($0.output.1) }
            #expect(blocks.count == 1, "\(module)")
            shown += blocks
        }
        #expect(shown.sorted() == sources.sorted())
    }
}
