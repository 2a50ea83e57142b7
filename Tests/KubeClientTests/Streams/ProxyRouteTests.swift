import Basics
import HTTPTransport
import Testing

@testable import KubeClient

@Suite struct ProxyRouteTests {
    private let server = ServerAddress(host: "api.example.com", port: 6443)

    @Test(
        arguments: [
            (ProxyPolicy.none, [:], nil),
            (.environment, [:], nil),
            (.environment, ["https_proxy": "http://proxy:3128"], .init(host: "proxy", port: 3128)),
            (.environment, ["HTTPS_PROXY": "proxy:3128"], .init(host: "proxy", port: 3128)),
            (.environment, ["http_proxy": "http://proxy:3128"], nil),
            (.environment, ["https_proxy": "http://proxy:3128", "no_proxy": "other, .example.com"], nil),
            (.environment, ["https_proxy": "http://proxy:3128", "no_proxy": "api.example.com:6443"], nil),
            (.url("http://user:p%40ss@proxy"), [:], .init(host: "proxy", port: 1080, userInfo: "user:p%40ss")),
            (.url("http://[::1]:8080/"), ["https_proxy": "http://unused"], .init(host: "::1", port: 8080)),
            (.url("http://proxy:1"), ["no_proxy": "*"], .init(host: "proxy", port: 1)),
        ] as [(ProxyPolicy, [String: String], ProxyRoute.Proxy?)])
    func findsTheWay(_ policy: ProxyPolicy, _ environment: [String: String], _ expected: ProxyRoute.Proxy?) throws {
        #expect(try ProxyRoute(policy, to: server, environment: environment).proxy == expected)
    }

    @Test(arguments: ["socks5://proxy:1080", "https://proxy", "http://proxy:0"])
    func refusesWhatItCannotUse(url: String) {
        #expect(throws: ProxyRoute.Unsupported.self) {
            try ProxyRoute(.url(url), to: server, environment: [:])
        }
    }

    @Test(arguments: [("user:p%40ss", "user:p@ss"), ("a%2", "a%2"), ("%zz", "%zz"), ("", "")])
    func decodesPercents(_ text: String, _ expected: String) {
        #expect(PercentEncoding.bytes(decoding: text) == Array(expected.utf8))
    }
}
