import Basics
import FakeKube
import KubeModel
import KubeTestSupport
import TestSupport
import Testing
import YAMLTree

@testable import KubeClient

/// The same requests to the fake API server and, where its programs are, to a real one.
@Suite struct ServerTests {
    /// A client, with what it talks to kept alive.
    private struct Setup {
        let client: KubeClient
        let server: any Sendable

        init(_ kind: ServerKind) async throws {
            let fixture = try KubeconfigFixture()
            switch kind {
            case .fake:
                let certificates = try await Certificates()
                let server = try await FakeAPIServer.start(
                    FakeAPI(), FakeAPIServer.Settings(certificates: certificates))
                try fixture.write(
                    cluster: "{server: '\(server.url)', certificate-authority: \(certificates.authority)}")
                self.server = server
            case .real:
                let server = try await RealControlPlane.shared()
                try fixture.folder.write(server.kubeconfig(), to: "config")
                self.server = server
            }
            client = KubeClient(try fixture.load())
        }
    }

    @Test(arguments: ServerKind.available)
    func discovers(kind: ServerKind) async throws {
        let setup = try await Setup(kind)
        let discovery = Discovery(setup.client)
        #expect(try await discovery.version() > ServerVersion(1, 28))
        #expect(try await discovery.serves(.pods))
        #expect(try await discovery.serves(.leases))
        #expect(
            try await !discovery.serves(
                APIResource(group: "no.such", version: "v1", plural: "things", kind: "Thing")))
        #expect(try await discovery.groupVersions().contains("coordination.k8s.io/v1"))
        await setup.client.shutdown()
    }

    @Test(arguments: ServerKind.available, [APIRequest.Encoding.json, .protobuf])
    func learnsWhatIsMissing(kind: ServerKind, encoding: APIRequest.Encoding) async throws {
        let setup = try await Setup(kind)
        let request = APIRequest.get(.pods, ObjectKey(namespace: "default", name: "no-such-pod"), accept: encoding)
        let error = await #expect(throws: KubeError.self) { try await setup.client.send(request) }
        #expect(error?.status?.code == 404)
        #expect(error?.status?.reason == "NotFound")
        #expect(error?.status?.message == #"pods "no-such-pod" not found"#)
        await setup.client.shutdown()
    }

    @Test(arguments: ServerKind.available)
    func livesAnObjectsLife(kind: ServerKind) async throws {
        let setup = try await Setup(kind)
        let client = setup.client
        let key = ObjectKey(namespace: "default", name: "life-of-a-lease")
        defer { withExtendedLifetime(setup) {} }
        func object(_ answer: APIResponse) throws -> YAMLNode { try YAMLNode(parsing: answer.body) }
        _ = try? await client.send(.delete(.leases, key))

        let lease: JSONValue = [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": ["name": .string(key.name)],
            "spec": ["holderIdentity": "a"],
        ]
        let body = Array(lease.text.utf8)
        let create = APIRequest.create(.leases, namespace: key.namespace, body: body)
        var dry = create
        dry.query.append((name: "dryRun", value: "All"))
        _ = try await client.send(dry)
        let created = try object(try await client.send(create))
        let uid = try #require(created["metadata"]?["uid"]?.text)

        let twice = await #expect(throws: KubeError.self) { try await client.send(create) }
        #expect(twice?.status?.reason == "AlreadyExists")

        _ = try await client.send(.patch(.leases, key, .merge(["spec": ["holderIdentity": "b"]])))
        _ = try await client.send(
            .patch(.leases, key, .json([.test("/spec/holderIdentity", "b"), .replace("/spec/holderIdentity", "c")])))
        let failed = await #expect(throws: KubeError.self) {
            try await client.send(.patch(.leases, key, .json([.test("/spec/holderIdentity", "b")])))
        }
        #expect(failed?.status?.code == 422)
        let read = try object(try await client.send(.get(.leases, key)))
        #expect(read["spec"]?["holderIdentity"]?.text == "c")

        let stale = await #expect(throws: KubeError.self) {
            var old = lease
            if case .object(var members) = old {
                members[2] = .init(
                    "metadata",
                    [
                        "name": .string(key.name),
                        "resourceVersion": .string(created["metadata"]?["resourceVersion"]?.text ?? ""),
                    ])
                old = .object(members)
            }
            _ = try await client.send(.replace(.leases, key, body: Array(old.text.utf8)))
        }
        #expect(stale?.status?.reason == "Conflict")

        let other = DeleteOptions(preconditions: Preconditions(uid: "another"))
        let refused = await #expect(throws: KubeError.self) { try await client.send(.delete(.leases, key, other)) }
        #expect(refused?.status?.reason == "Conflict")
        _ = try await client.send(.delete(.leases, key, DeleteOptions(preconditions: Preconditions(uid: uid))))
        await client.shutdown()
    }

    @Test(arguments: ServerKind.available)
    func streamsAWatch(kind: ServerKind) async throws {
        let setup = try await Setup(kind)
        let stream = try await setup.client.open(
            APIRequest(
                "GET", "/api/v1/namespaces",
                query: [
                    ("watch", "true"), ("sendInitialEvents", "true"), ("allowWatchBookmarks", "true"),
                    ("resourceVersionMatch", "NotOlderThan"), ("timeoutSeconds", "2"),
                ]))
        var bytes: [UInt8] = []
        for try await chunk in stream { bytes += chunk }
        #expect(String(decoding: bytes, as: UTF8.self).contains("k8s.io/initial-events-end"))
        await setup.client.shutdown()
    }

    @Test(.requiresRealControlPlane) func impersonates() async throws {
        let server = try await RealControlPlane.shared()
        let fixture = try KubeconfigFixture()
        try fixture.folder.write(server.kubeconfig(), to: "config")
        let access = try fixture.load(
            "config", ClusterSelection(impersonatedUser: "jane", impersonatedGroups: ["a", "b"]))
        let client = KubeClient(access)
        let error = await #expect(throws: KubeError.self) { try await client.send(.list(.pods)) }
        #expect(error?.status?.reason == "Forbidden")
        #expect(error?.status?.message.contains(#"User "jane""#) == true)
        await client.shutdown()
    }
}
