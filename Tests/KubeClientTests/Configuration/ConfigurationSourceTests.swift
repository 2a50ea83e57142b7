import HTTPTransport
import TestSupport
import Testing

@testable import KubeClient

@Suite struct ConfigurationSourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("kubeconfig") }

    @Test(
        arguments: [
            (nil, ["HOME": "/h"], ["/h/.kube/config"]),
            (nil, ["HOME": "/h", "KUBECONFIG": "/a:b::/a:/c"], ["/a", "b", "/c"]),
            (nil, ["KUBECONFIG": ""], []),
            ("/x", ["HOME": "/h", "KUBECONFIG": "/a"], ["/x"]),
        ] as [(String?, [String: String], [String])])
    func findsFiles(explicit: String?, environment: [String: String], files: [String]) {
        #expect(ConfigurationSource(explicitFile: explicit, environment: environment).files == files)
    }

    @Test func mergesAListByClientGoRules() async throws {
        try folder.write(
            """
            users: [{name: red, user: {username: r, password: p}}]
            clusters: [{name: c, cluster: {server: 'https://first'}}]
            """, to: "1")
        try folder.write(
            """
            current-context: second
            users: [{name: red, user: {token: ignored}}, {name: blue, user: {token: b}}]
            clusters: [{name: c, cluster: {server: 'https://second', tls-server-name: ignored}}]
            contexts: [{name: second, context: {cluster: c, user: red}}]
            """, to: "2")
        try folder.write(
            """
            current-context: third
            contexts: [{name: third, context: {cluster: c, user: blue}}, {name: second, context: {cluster: x}}]
            """, to: "3")
        let list = ["1", "missing", "2", "3"].map { folder[$0] }.joined(separator: ":")
        let access = try ClusterAccess.load(environment: ["KUBECONFIG": list])
        #expect(access.server.host == "first")
        #expect(access.serverName == nil)
        #expect(try await access.authorization()["Authorization"] == "Basic cjpw")
        let third = try ClusterAccess.load(.init(context: "third"), environment: ["KUBECONFIG": list])
        #expect(try await third.authorization()["Authorization"] == "Bearer b")
    }

    @Test func saysWhatIsMissing() throws {
        let error = #expect(throws: KubeError.self) {
            try ClusterAccess.load(
                environment: ["KUBECONFIG": "/nowhere"], serviceAccount: ServiceAccount(folder: folder.path))
        }
        #expect(
            error?.description == "find a cluster: no cluster is configured in KUBECONFIG=/nowhere, and this is not a "
                + "pod with a service account; name a file with --kubeconfig or KUBECONFIG")
        try folder.write("contexts: [{name: b}, {name: a}]", to: "config")
        let unset = #expect(throws: KubeError.self) {
            try ClusterAccess.load(environment: ["KUBECONFIG": folder["config"]])
        }
        #expect(unset?.description.hasSuffix("current-context is not set; choose one with --context: a, b") == true)
    }

    @Test func usesThePodsServiceAccountLast() async throws {
        let certificates = try await Certificates()
        try folder.write(try certificates.folder.read("ca.crt"), to: "sa/ca.crt")
        try folder.write("pod-token\n", to: "sa/token")
        try folder.write("team\n", to: "sa/namespace")
        let account = ServiceAccount(folder: folder["sa"])
        var environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let access = try ClusterAccess.load(environment: environment, serviceAccount: account)
        #expect(access.server.description == "https://[fd00::1]:443")
        #expect(access.namespace == "team")
        guard case .pem = access.trust else { throw Unexpected("\(access.trust)") }
        #expect(try await access.authorization()["Authorization"] == "Bearer pod-token")
        let other = try ClusterAccess.load(
            .init(namespace: "mine"), environment: environment, serviceAccount: account)
        #expect(other.namespace == "mine" && other.homeNamespace == "team")

        // A kubeconfig that says something goes first.
        try folder.write(
            "{current-context: x, contexts: [{name: x, context: {cluster: c}}], "
                + "clusters: [{name: c, cluster: {server: 'https://file'}}]}", to: "config")
        environment["KUBECONFIG"] = folder["config"]
        #expect(try ClusterAccess.load(environment: environment, serviceAccount: account).server.host == "file")
    }
}
