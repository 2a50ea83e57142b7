import Basics
import FakeKube
import Foundation
import HTTPTransport
import TestSupport
import Testing
import YAMLTree

@Suite struct ContractTests {
    static let cases =
        ContractCase.objects + ContractCase.patches + ContractCase.deletions + ContractCase.lists + ContractCase.kinds
        + ContractCase.applying

    @Test(arguments: cases)
    func theFakeServerKeepsTheContract(story: ContractCase) async throws {
        try await Self.tell(story, try await Self.fake.value)
    }

    @Test(.requiresRealControlPlane, arguments: cases)
    func aRealServerKeepsTheContract(story: ContractCase) async throws {
        try await Self.tell(story, try await RealControlPlane.shared())
    }

    // One for all, as the real one is; stories keep apart by namespaces.
    private static let fake = Task {
        var api = FakeAPI()
        api.access.tokens = ["administrator": .admin, "stranger": FakeUser("nobody", groups: ["system:authenticated"])]
        return try await FakeAPIServer.start(api)
    }

    private static func tell(_ story: ContractCase, _ server: some KubeServer) async throws {
        let namespace = "contract-\(UUID().uuidString.lowercased().prefix(8))"
        let api = Exchange(server)
        let (status, body) = try await api.send(
            "POST", "/api/v1/namespaces",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]])
        try #require(status == 201, "\(body.text)")
        try await story.run(api, as: { Exchange(server, token: $0) }, namespace: namespace)
    }
}
