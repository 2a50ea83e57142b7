import Testing

@testable import HTTPTransport

@Suite struct PlanningTests {
    static func plan(_ request: HTTPRequest, serverName: String? = nil, proxy: ProxyPolicy = .none)
        throws(TransportError)
        -> RequestPlan
    {
        try RequestPlan(
            request, tls: TLSConfiguration(serverName: serverName), proxies: ProxySettings(proxy, environment: [:]))
    }

    @Test(arguments: [
        ("http://h", "http", "h", 80, "", "http://h"),
        ("HTTP://H:81/x", "http", "h", 81, "/x", "http://H:81/x"),
        ("https://u:p%40@h/x?sig=1#f", "https", "h", 443, "/x?sig=1#f", "https://h/x"),
        ("https://h?sig=1", "https", "h", 443, "?sig=1", "https://h"),
        ("http://[::1]:9/", "http", "[::1]", 9, "/", "http://[::1]:9/"),
        ("http://[fe80::1]", "http", "[fe80::1]", 80, "", "http://[fe80::1]"),
        ("http://a@b@h/", "http", "h", 80, "/", "http://h/"),
        ("https://h/a/../b//c@d:e", "https", "h", 443, "/a/../b//c@d:e", "https://h/a/../b//c@d:e"),
    ])
    func urlsAreTakenApart(url: String, scheme: String, host: String, port: Int, rest: String, redacted: String) throws
    {
        let target = try #require(RequestTarget(url))
        #expect(target.scheme == scheme)
        #expect(target.host == host)
        #expect(target.port == port)
        #expect(target.rest == rest)
        #expect(target.redacted == redacted)
        #expect(target.origin == "\(scheme)://\(host):\(port)")
    }

    @Test(arguments: [
        "", "h/x", "ftp://h/", "file:///etc/passwd", "http://", "http:///x", "http://h:0/", "http://h:99999/",
        "http://h:x/",
        "http://h/a b", "http://h/\r\nX: y", "http://h/ü", "http://:80/",
    ])
    func otherURLsAreRefused(url: String) {
        #expect(RequestTarget(url) == nil)
        let error = #expect(throws: TransportError.self) { try Self.plan(HTTPRequest("GET", url)) }
        guard case .invalidRequest = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.nothingSent == true)
        #expect(error?.attempted.contains("\n") == false)
    }

    @Test(arguments: [
        HTTPRequest("GET\r\nX: y", "http://h/"), HTTPRequest("", "http://h/"),
        HTTPRequest("GET", "http://h/", headers: ["A": "x\r\nB: y"]),
        HTTPRequest("GET", "http://h/", headers: ["A:": "x"]),
        HTTPRequest("GET", "http://h/", headers: ["": "x"]), HTTPRequest("GET", "http://h/", headers: ["A": "x\0"]),
    ])
    func nothingIsSmuggledIntoAHead(request: HTTPRequest) {
        let error = #expect(throws: TransportError.self) { try Self.plan(request) }
        guard case .invalidRequest = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        arguments: [
            (HTTPRequest("GET", "http://h"), RequestPlan.Payload.get, nil, []),
            (HTTPRequest("HEAD", "http://h"), .head, nil, []),
            (HTTPRequest("DELETE", "http://h"), .get, "DELETE", []),
            (HTTPRequest("POST", "http://h"), .upload(0), "POST", ["Expect:"]),
            (HTTPRequest("PUT", "http://h", body: .bytes([1])), .upload(1), nil, ["Expect:"]),
            (
                HTTPRequest("PUT", "http://h", headers: ["Expect": "100-continue"], body: .bytes([1])), .upload(1), nil,
                ["Expect: 100-continue"]
            ),
            (
                HTTPRequest("PUT", "http://h", body: .bytes([UInt8](repeating: 0, count: 1 << 20))), .upload(1 << 20),
                nil, []
            ),
            (HTTPRequest("GET", "http://h", headers: ["A": "", "B": "x"]), .get, nil, ["A;", "B: x"]),
        ] as [(HTTPRequest, RequestPlan.Payload, String?, [String])])
    func requestsBecomePlans(request: HTTPRequest, payload: RequestPlan.Payload, method: String?, lines: [String])
        throws
    {
        let plan = try Self.plan(request)
        #expect(plan.payload == payload)
        #expect(plan.method == method)
        #expect(plan.headerLines == lines)
    }

    @Test func anotherServerNameTakesTheHostsPlaceInTheURLAlone() throws {
        let plan = try Self.plan(HTTPRequest("GET", "https://10.0.0.1:6443/api?x"), serverName: "kubernetes")
        #expect(plan.url == "https://kubernetes:6443/api?x")
        #expect(plan.connectTo == "kubernetes:6443:10.0.0.1:6443")
        #expect(plan.headerLines == ["Host: 10.0.0.1:6443"])
        #expect(try Self.plan(HTTPRequest("GET", "http://10.0.0.1/"), serverName: "kubernetes").connectTo == nil)
        #expect(try Self.plan(HTTPRequest("GET", "https://kubernetes/"), serverName: "kubernetes").connectTo == nil)
    }

    @Test(arguments: [
        (ProxyPolicy.environment, ["http_proxy": "a", "https_proxy": "b", "no_proxy": "n"], "a", "b"),
        (.environment, ["HTTP_PROXY": "a", "HTTPS_PROXY": "b", "NO_PROXY": "n"], "", "b"),
        (.environment, ["all_proxy": "c", "https_proxy": ""], "c", "c"),
        (.environment, [:], "", ""),
        (.none, ["all_proxy": "c"], "", ""),
        (.environment, ["all_proxy": "Socks5://p:1080"], "socks5h://p:1080", "socks5h://p:1080"),
        (.environment, ["HTTPS_PROXY": "socks5h://p", "all_proxy": "socks4://c"], "socks4://c", "socks5h://p"),
        (.environment, ["all_proxy": "c", "no_proxy": "*.example, *.cluster.local,10.0.0.0/8"], "", ""),
        (.url("p"), ["all_proxy": "c", "no_proxy": "*"], "p", "p"),
        (.url("socks5://p:1080"), [:], "socks5h://p:1080", "socks5h://p:1080"),
    ])
    func proxiesAreChosen(policy: ProxyPolicy, environment: [String: String], http: String, https: String) {
        let settings = ProxySettings(policy, environment: environment)
        #expect(settings.proxy(forScheme: "http", host: "h.example", port: 80) == http)
        #expect(settings.proxy(forScheme: "https", host: "h.example", port: 443) == https)
    }

    @Test(arguments: [
        ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false), ("10.1.2.3", "10.1.2.3", true),
        ("fd00::1", "fd00::/8", true), ("fe00::1", "fd00::/8", false), ("10.1.2.3", "0.0.0.0/0", true),
        ("[fd00::1]", "fd00::/8", true), ("[::1]", "::1", true), ("[::1]", "[::1]:443", true),
        ("[::1]", "[::1]:80", false), ("example.com", "example.com", true), ("api.example.com", "example.com", true),
        ("api.example.com", ".EXAMPLE.com", true), ("notexample.com", "example.com", false), ("a", "", false),
        ("10.1.2.3", "10.0.0.0/33", false), ("api.example.com", "a,b c\texample.com", true), ("a", "b,*", true),
        ("x.svc", "*.svc", true), ("API.example.com", "example.com:443", true),
        ("example.com", "example.com:80", false),
        ("10.1.2.3", "10.1.2.3:443", true), ("10.1.2.3", "10.1.2.3:9000", false), ("a", "*:443", true),
        ("x.svc.", "svc", true),
    ])
    func exceptionsGoStraight(host: String, list: String, expected: Bool) {
        let settings = ProxySettings(.environment, environment: ["https_proxy": "p", "no_proxy": list])
        #expect(settings.proxy(forScheme: "https", host: host, port: 443) == (expected ? "" : "p"))
    }

    @Test(arguments: [
        ("plain words", "plain words"),
        ("at https://u:p@h/x?sig=secret#f now", "at https://h/x now"),
        ("key hunter22 here", "key … here"),
        ("a\r\nb\u{7}c", "a b c"),
        ("bad url ://u:p@h?q", "bad url ://h"),
    ])
    func textsLoseTheirSecrets(text: String, clean: String) {
        #expect(Redaction.scrub(text, secrets: ["hunter22", "", "ab"]) == clean)
    }

    @Test func textsAreBounded() { #expect(Redaction.scrub(String(repeating: "x", count: 9999)).count == 300) }
}
