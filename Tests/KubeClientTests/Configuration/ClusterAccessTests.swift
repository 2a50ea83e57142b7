import Foundation
import HTTPTransport
import KubeModel
import TestSupport
import Testing

@testable import KubeClient

@Suite struct ClusterAccessTests {
    private let fixture: KubeconfigFixture

    init() throws { fixture = try KubeconfigFixture() }

    @Test func takesWhatTheContextNames() async throws {
        try fixture.write(
            cluster: "{server: 'https://api:6443/k', tls-server-name: other, proxy-url: 'socks5://p:1080', "
                + "disable-compression: true, insecure-skip-tls-verify: true}",
            user: "{token: abc, as: jane, as-uid: '7', as-groups: [g1, g2], as-user-extra: {'acme.com/Reason': [r]}}",
            context: "{cluster: c, user: u, namespace: team}")
        let access = try fixture.load()
        #expect(access.server.description == "https://api:6443/k")
        #expect(access.serverName == "other")
        #expect(access.proxy == .url("socks5://p:1080"))
        #expect(!access.allowsCompression)
        #expect(access.namespace == "team")
        guard case .nothingChecked = access.trust else { throw Unexpected("\(access.trust)") }
        #expect(
            try await access.authorization() == [
                "Authorization": "Bearer abc", "Impersonate-User": "jane", "Impersonate-Uid": "7",
                "Impersonate-Group": "g1", "Impersonate-Group": "g2", "Impersonate-Extra-acme.com%2Freason": "r",
            ])
    }

    @Test(arguments: [
        ("{token: abc}", "Bearer abc"), ("{username: u, password: p}", "Basic dTpw"), ("{}", nil),
        ("{token: ''}", nil),
    ])
    func authorizes(user: String, expected: String?) async throws {
        try fixture.write(user: user)
        #expect(try await fixture.load().authorization()["Authorization"] == expected)
    }

    @Test func sendsNothingSecretOverPlainText() async throws {
        try fixture.write(cluster: "{server: 'http://10.0.0.1:8080'}")
        #expect(try await fixture.load().authorization() == [:])
    }

    /// As client-go means `proxy-url`, in curl's words.
    @Test(arguments: [
        ("http://p", "http://p:80"), ("HTTP://u:p%40ss@p/", "http://u:p%40ss@p:80"),
        ("http://[fd00::1]", "http://[fd00::1]:80"),
        ("http://p:3128", "http://p:3128"), ("https://p", "https://p"), ("socks5://p:1080", "socks5://p:1080"),
        ("SOCKS5h://p", "SOCKS5h://p"), ("ftp://p", nil), ("p:3128", nil), ("http://", nil), ("http://p:0", nil),
    ])
    func readsProxies(url: String, expected: String?) {
        #expect(ClusterEntry.proxy(url) == expected)
    }

    @Test(
        arguments: [
            ("https://127.0.0.1:6443", ProxyPolicy.environment, ProxyPolicy.none),
            ("https://127.9.9.9", .environment, .none),
            ("https://localhost:6443", .environment, .none), ("https://[::1]:6443", .environment, .none),
            ("https://127.example.com", .environment, .environment), ("https://10.0.0.1", .environment, .environment),
            ("https://127.0.0.1:6443", .url("http://p:1"), .url("http://p:1")), ("https://10.0.0.1", .none, .none),
        ])
    func asksNoProxyForWhatIsHere(url: String, policy: ProxyPolicy, route: ProxyPolicy) throws {
        let server = try #require(ServerAddress(url, secureByDefault: true))
        #expect(ClusterAccess(server: server, proxy: policy).route == route)
    }

    @Test func followsTheCommandLine() async throws {
        try fixture.folder.write(
            """
            current-context: a
            contexts:
            - {name: a, context: {cluster: one, user: u}}
            - {name: b, context: {cluster: two, user: u, namespace: n}}
            clusters: [{name: one, cluster: {server: 'https://one'}}, {name: two, cluster: {server: 'https://two'}}]
            users: [{name: u, user: {token: t, as: configured}}]
            """, to: "config")
        let plain = try fixture.load()
        #expect(plain.server.host == "one")
        #expect(plain.namespace == "default")
        #expect(plain.impersonation == Impersonation(user: "configured"))
        let other = try fixture.load("config", .init(context: "b", impersonatedUser: "me", impersonatedGroups: ["g"]))
        #expect(other.server.host == "two")
        #expect(other.namespace == "n")
        #expect(other.impersonation == Impersonation(user: "me", groups: ["g"]))
        let elsewhere = try fixture.load("config", .init(context: "b", namespace: "mine"))
        #expect(elsewhere.namespace == "mine" && elsewhere.homeNamespace == "n")
    }

    @Test func readsFilesBesideTheKubeconfig() async throws {
        let certificates = try await Certificates()
        try fixture.folder.write(try certificates.folder.read("ca.crt"), to: "sub/pki/ca.crt")
        try fixture.folder.write(try certificates.folder.read("client.crt"), to: "sub/pki/client.crt")
        try fixture.folder.write(try certificates.folder.read("client.key"), to: "sub/client.key")
        try fixture.folder.write(" from-file\n", to: "sub/token")
        try fixture.write(
            "sub/config", cluster: "{server: 'https://a', certificate-authority: pki/ca.crt}",
            user: "{client-certificate: pki/client.crt, client-key: client.key, tokenFile: token, token: other}")
        let access = try fixture.load("sub/config")
        guard case .pem(let authority) = access.trust else { throw Unexpected("\(access.trust)") }
        #expect(authority == (try certificates.folder.read("ca.crt")))
        let credential = try await access.credential()
        #expect(credential.authorization == .bearer("from-file"))
        #expect(credential.identity?.certificate == (try certificates.folder.read("client.crt")))
        #expect(!"\(credential)".contains("from-file"))
    }

    @Test func readsInlineData() async throws {
        let certificates = try await Certificates()
        func data(_ name: String) throws -> String { Data(try certificates.folder.read(name)).base64EncodedString() }
        try fixture.write(
            cluster: "{server: 'https://a', certificate-authority-data: \(try data("ca.crt"))}",
            user: "{client-certificate-data: \(try data("client.crt")), client-key-data: \(try data("client.key"))}")
        let credential = try await fixture.load().credential()
        #expect(credential.identity?.key == (try certificates.folder.read("client.key")))
        #expect(credential.authorization == nil)
    }

    @Test(arguments: [
        ("{}", "{}", "kubeconfig config:5:31: clusters[c].cluster: expected a server"),
        (
            "{server: 'ftp://x'}", "{}",
            "kubeconfig config:5:40: clusters[c].cluster.server: expected a URL such as https://host:6443, without user "
                + "or password"
        ),
        (
            "{server: [a]}", "{}",
            "kubeconfig config:5:40: clusters[c].cluster.server: expected a text, found a list"
        ),
        (
            "{server: a, certificate-authority-data: '?'}", "{}",
            "kubeconfig config:5:71: clusters[c].cluster.certificate-authority-data: expected base 64"
        ),
        (
            "{server: a, certificate-authority-data: YWJj}", "{}",
            "kubeconfig config:5:71: clusters[c].cluster.certificate-authority-data: there is no certificate in it (PEM)"
        ),
        (
            "{server: a, certificate-authority: no.crt}", "{}",
            "kubeconfig config:5:66: clusters[c].cluster.certificate-authority: cannot read no.crt: No such file or "
                + "directory"
        ),
        (
            "{server: a, proxy-url: 'host'}", "{}",
            "kubeconfig config:5:54: clusters[c].cluster.proxy-url: expected a URL with http, https or socks5"
        ),
        (
            "{server: a, insecure-skip-tls-verify: maybe}", "{}",
            "kubeconfig config:5:69: clusters[c].cluster.insecure-skip-tls-verify: expected true or false, found "
                + "something else"
        ),
        (
            "{server: 'https://a'}", "{token: secret, password: p}",
            "kubeconfig config:6:25: users[u].user: a token and a password are both given; remove one of the two"
        ),
        (
            "{server: 'https://a'}", "{client-certificate: c.crt}",
            "kubeconfig config:6:46: users[u].user.client-certificate: expected client-key or client-key-data as well"
        ),
        (
            "{server: 'https://a'}", "{as-groups: [g]}",
            "kubeconfig config:6:25: users[u].user: uid, groups and extra can only be impersonated together with a user "
                + "(as)"
        ),
        (
            "{server: 'https://a'}", "{auth-provider: {name: gcp}}",
            "kubeconfig config:6:41: users[u].user.auth-provider: the provider 'gcp' was removed from Kubernetes in "
                + "1.26; use its exec plugin (users[].user.exec)"
        ),
        (
            "{server: 'https://a'}", "{auth-provider: {name: oidc, config: {id-token: secret}}}",
            "kubeconfig config:6:41: users[u].user.auth-provider: the provider 'oidc' is not supported; use its exec "
                + "plugin (users[].user.exec)"
        ),
        (
            "{server: 'https://a'}", "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}}",
            "kubeconfig config:6:57: users[u].user.exec.apiVersion: expected client.authentication.k8s.io/v1 or "
                + "client.authentication.k8s.io/v1beta1"
        ),
        (
            "{server: 'https://a'}", "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1}}",
            "kubeconfig config:6:32: users[u].user.exec: expected interactiveMode: Never, IfAvailable or Always"
        ),
    ])
    func namesWhatIsWrong(cluster: String, user: String, complaint: String) throws {
        try fixture.write(cluster: cluster, user: user)
        #expect(fixture.complaint() == complaint)
    }

    @Test(arguments: [
        ("{cluster: c, user: x}", "kubeconfig config:4:53: contexts[main].context.user: there is no user 'x'"),
        ("{cluster: x}", "kubeconfig config:4:44: contexts[main].context.cluster: there is no cluster 'x'"),
        ("{user: u}", "kubeconfig config:4:34: contexts[main].context: expected the name of a cluster"),
    ])
    func namesWhatAContextLacks(context: String, complaint: String) throws {
        try fixture.write(context: context)
        #expect(fixture.complaint() == complaint)
    }

    @Test(arguments: [
        ("a: [", "kubeconfig config:"), ("- a", "kubeconfig config:1:1: expected a mapping (kind: Config)"),
        ("kind: Pod", "kubeconfig config:1:7: kind: expected Config"),
        ("contexts: {}", "kubeconfig config:1:11: contexts: expected a list, found a mapping"),
        ("users: [{user: {}}]", "kubeconfig config:1:9: users[0]: expected a name"),
        ("users: [3]", "kubeconfig config:1:9: users[0]: expected a mapping, found something else"),
    ])
    func namesThePlaceOfBrokenText(text: String, complaint: String) throws {
        try fixture.folder.write(text, to: "config")
        #expect(fixture.complaint()?.hasPrefix(complaint) == true)
    }

    @Test func saysWhichContextsThereAre() throws {
        try fixture.write()
        #expect(
            fixture.complaint("config", .init(context: "x"))
                == "kubeconfig: context 'x' does not exist; there are: main")
        #expect(
            fixture.complaint("config", .init(impersonatedGroups: ["g"]))
                == "--as-group: groups can only be impersonated together with a user; add --as")
        #expect(fixture.complaint("none") == "kubeconfig none: cannot be read: No such file or directory")
    }
}

struct Unexpected: Error {
    var value: String
    init(_ value: String) { self.value = value }
}
