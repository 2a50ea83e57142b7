import Testing

@testable import PodRules

@Suite struct ProbeTargetTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var target: ProbeTarget
        var programs: Set<String> = ["side"]
        var words: [String] = []
        var reachesMain = false
        var need: ProbeTarget.Need
    }

    private static func http(_ path: String, _ port: String, host: String = "") -> ProbeTarget {
        ProbeTarget(port: port, path: path, host: host, command: [])
    }

    private static func exec(_ words: String...) -> ProbeTarget { ProbeTarget(port: nil, host: "", command: words) }

    /// The sidecar has port 4180, main has port 9090, named web.
    static let cases = [
        Case(testDescription: "its own port", target: http("/", "4180"), need: .itself),
        Case(testDescription: "a port of nobody", target: http("/", "2020"), need: .itself),
        Case(testDescription: "main's port", target: http("/", "9090"), need: .port("9090")),
        Case(testDescription: "main's port by name", target: http("/", "web"), need: .port("web")),
        Case(testDescription: "the same port elsewhere", target: http("/", "9090", host: "db"), need: .itself),
        Case(
            testDescription: "its command asks main", target: exec("curl", "http://localhost:9090/x"),
            need: .port("9090")),
        Case(
            testDescription: "in a shell", target: exec("sh", "-c", "nc -z 127.0.0.1 9090; curl '[::1]:9090'"),
            need: .port("9090")),
        Case(
            testDescription: "host and port as words", target: exec("pg_isready", "-h", "localhost", "-p", "9090"),
            need: .port("9090")),
        Case(
            testDescription: "joined to their flags", target: exec("mysqladmin", "-h127.0.0.1", "-P9090"),
            need: .port("9090")),
        Case(testDescription: "behind nc", target: exec("nc", "-z", "localhost", "9090"), need: .port("9090")),
        Case(
            testDescription: "by a variable's value", target: exec("nc -z localhost $WEB", "9090"), need: .port("9090")),
        Case(testDescription: "a client's own defaults", target: exec("redis-cli", "ping"), need: .port("6379")),
        Case(
            testDescription: "bash's own connection", target: exec("bash", "-c", ": </dev/tcp/::1/9090"),
            need: .port("9090")),
        Case(testDescription: "the same port of a host", target: exec("nc", "-z", "db", "9090"), need: .itself),
        Case(testDescription: "its own by words", target: exec("nc", "-z", "localhost", "4180"), need: .itself),
        Case(
            testDescription: "its command asks itself", target: exec("curl", "http://localhost:4180/x"), need: .itself),
        Case(
            testDescription: "Dapr's health", target: http("/v1.0/healthz", "3501"),
            need: .main(instead: "/v1.0/healthz/outbound")),
        Case(testDescription: "Dapr's own half", target: http("/v1.0/healthz/outbound", "3501"), need: .itself),
        Case(
            testDescription: "Dapr's health by a command",
            target: exec("wget", "-q", "http://localhost:3500/v1.0/healthz"),
            need: .main(instead: "/v1.0/healthz/outbound")),
        Case(
            testDescription: "what nginx passes on", target: http("/healthz", "80"), programs: ["nginx"],
            need: .perhapsMain),
        Case(
            testDescription: "nginx's own page", target: http("/nginx_status", "80"), programs: ["nginx"], need: .itself
        ),
        Case(
            testDescription: "a connection to nginx",
            target: ProbeTarget(port: "80", host: "", command: [], isTCP: true),
            programs: ["nginx"], need: .itself),
        Case(testDescription: "Envoy's listener", target: http("/", "8080"), programs: ["envoy"], need: .perhapsMain),
        Case(testDescription: "Envoy's admin port", target: http("/", "9901"), programs: ["envoy"], need: .itself),
        Case(
            testDescription: "oauth2-proxy's ping", target: http("/ping", "4180"), programs: ["oauth2-proxy"],
            need: .itself),
        Case(
            testDescription: "through oauth2-proxy", target: http("/app", "4180"), programs: ["oauth2-proxy"],
            need: .perhapsMain),
        Case(
            testDescription: "kube-rbac-proxy", target: http("/metrics", "8443"), programs: ["kube-rbac-proxy"],
            need: .perhapsMain),
        Case(
            testDescription: "kube-rbac-proxy's health on the port that it guards", target: http("/healthz", "8443"),
            programs: ["kube-rbac-proxy"], words: ["--proxy-endpoints-port=8643"], need: .perhapsMain),
        Case(
            testDescription: "kube-rbac-proxy's health", target: http("/healthz", "8643"),
            programs: ["kube-rbac-proxy"],
            words: ["--proxy-endpoints-port=8643"], need: .itself),
        Case(
            testDescription: "named by the next word", target: http("/healthz", "8643"), programs: ["kube-rbac-proxy"],
            words: ["--proxy-endpoints-port", "8643"], need: .itself),
        Case(
            testDescription: "no port of its own", target: http("/healthz", "8443"), programs: ["kube-rbac-proxy"],
            need: .perhapsMain),
        Case(
            testDescription: "Envoy's path on a listener", target: http("/ready", "10000"), programs: ["envoy"],
            need: .perhapsMain),
        Case(testDescription: "Envoy's own", target: http("/ready", "15000"), programs: ["envoy"], need: .itself),
        Case(
            testDescription: "Caddy's metrics on a site", target: http("/metrics", "80"), programs: ["caddy"],
            need: .perhapsMain),
        Case(testDescription: "Caddy's own", target: http("/metrics", "2019"), programs: ["caddy"], need: .itself),
        Case(
            testDescription: "what Traefik passes on", target: http("/app", "8080"), programs: ["traefik"],
            need: .perhapsMain),
        Case(
            testDescription: "metrics behind oauth2-proxy", target: http("/metrics", "4180"),
            programs: ["oauth2-proxy"],
            need: .perhapsMain),
        Case(
            testDescription: "what names main's port", target: http("/healthz", "4180"), reachesMain: true,
            need: .perhapsMain),
        Case(
            testDescription: "the same asked by a command",
            target: exec("wget", "-qO-", "http://localhost:4180/healthz"),
            reachesMain: true, need: .perhapsMain),
        Case(
            testDescription: "a connection to it",
            target: ProbeTarget(port: "4180", host: "", command: [], isTCP: true),
            reachesMain: true, need: .itself),
        Case(
            testDescription: "another command of it", target: exec("pgrep", "side"), reachesMain: true, need: .itself),
        Case(
            testDescription: "a proxy's own page, though it names main", target: http("/ping", "4180"),
            programs: ["oauth2-proxy"], reachesMain: true, need: .itself),
        Case(
            testDescription: "Dapr's own half, though it names main", target: http("/v1.0/healthz/outbound", "3501"),
            programs: ["daprd"], reachesMain: true, need: .itself),
        Case(
            testDescription: "the same by a command", target: exec("curl", "localhost:3500/v1.0/healthz/outbound"),
            programs: ["daprd"], reachesMain: true, need: .itself),
        Case(
            testDescription: "through nginx by a command", target: exec("curl", "-f", "http://localhost/"),
            programs: ["nginx"], need: .perhapsMain),
        Case(
            testDescription: "nginx's own page by a command",
            target: exec("curl", "-f", "http://localhost/nginx_status"),
            programs: ["nginx"], need: .itself),
        Case(
            testDescription: "Envoy's by a command", target: exec("sh", "-c", "curl -f 'http://localhost:9901/ready'"),
            programs: ["envoy"], need: .itself),
        Case(
            testDescription: "the pod's address", target: exec("wget", "http://$POD_IP:9090/health"),
            need: .port("9090")),
        Case(
            testDescription: "in braces", target: exec("sh", "-c", "nc -z ${POD_IP} 9090; nc -z $(POD_IP) 1"),
            need: .port("9090")),
        Case(
            testDescription: "the pod's name", target: exec("sh", "-c", "curl http://$(hostname -i):9090/"),
            need: .port("9090")),
        Case(testDescription: "a scheme's port", target: exec("curl", "https://localhost/x"), need: .port("443")),
    ]

    /// Images have a program's name among others.
    @Test(arguments: [
        ("haproxy-alpine", true), ("envoy-alpine", true), ("envoy-distroless", true), ("nginx-plus", true),
        ("nginx-sidecar", true), ("nginx-unprivileged", true), ("origin-oauth-proxy", true), ("varnish", true),
        ("pomerium", true), ("nginx-exporter", false), ("envoy-gateway", false), ("proxy", false), ("sidecar", false),
        ("-", false), ("", false),
    ])
    func aProxyIsKnownByItsImage(_ program: String, _ isProxy: Bool) {
        #expect((ForwardingProxy.among([program]) != nil) == isProxy)
    }

    @Test(arguments: cases) func aProbeNeeds(_ one: Case) {
        #expect(
            one.target.need(
                beside: ["4180"], of: { ["9090", "web", "6379", "443"].first(where: $0.contains) },
                programs: one.programs,
                words: one.words, reachesMain: one.reachesMain)
                == one.need)
    }
}
