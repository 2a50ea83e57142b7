import KubeModel
import PodTestSupport
import Testing

@testable import PodRules

private typealias Annotation = WellKnownNames.Annotation
private typealias Variable = WellKnownNames.Variable

@Suite struct MarkerTests {
    /// A pod of `main` and `proxy`, changed in one way; who is a sidecar then.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout Pod) -> Void
        var sidecars: [String]

        init(_ name: String, sidecars: [String], _ change: @escaping @Sendable (inout Pod) -> Void) {
            testDescription = name
            self.sidecars = sidecars
            self.change = change
        }
    }

    static func set(_ name: String, _ value: String?, of index: Int = 1, in pod: inout Pod) {
        var variable = EnvironmentVariable()
        variable.name = name
        variable.value = value
        pod.spec.containers[index].env.append(variable)
    }

    static let cases = [
        Case("no marker", sidecars: []) { _ in },
        Case("the variable, in any case", sidecars: ["proxy"]) { set(Variable.terminate, "TrUe", in: &$0) },
        Case("the variable with another value", sidecars: []) { set(Variable.terminate, "yes", in: &$0) },
        Case("a value that is not in the pod", sidecars: []) { set(Variable.terminate, nil, in: &$0) },
        Case("a name that stands twice: the later counts", sidecars: []) {
            set(Variable.terminate, "true", in: &$0)
            set(Variable.terminate, "false", in: &$0)
        },
        Case("an image to end with", sidecars: ["proxy"]) { set(Variable.terminateWithImage, "exit:1", in: &$0) },
        Case("an empty image", sidecars: []) { set(Variable.terminateWithImage, "", in: &$0) },
        Case("an exit code to ignore is no marker", sidecars: []) { set(Variable.ignoreExitCode, "true", in: &$0) },
        Case("named by the annotation", sidecars: ["proxy"]) {
            $0.metadata.annotations[Annotation.sidecars] = " proxy ,gone"
        },
        Case("all others than the primary", sidecars: ["proxy"]) {
            $0.metadata.annotations[Annotation.primaryContainer] = "main"
        },
        Case("Flyte's primary", sidecars: ["main"]) {
            $0.metadata.annotations[Annotation.flytePrimaryContainer] = "proxy"
        },
        Case("our annotation comes before Flyte's", sidecars: ["proxy"]) {
            $0.metadata.annotations[Annotation.flytePrimaryContainer] = "proxy"
            $0.metadata.annotations[Annotation.primaryContainer] = "main"
        },
        Case("the primary is main although it is marked", sidecars: ["proxy"]) {
            $0.metadata.annotations[Annotation.primaryContainer] = "main"
            set(Variable.terminate, "true", of: 0, in: &$0)
        },
        Case("a known sidecar in a pod without a marker", sidecars: []) { $0.spec.containers[1].name = "istio-proxy" },
        Case("a known sidecar in a pod whose label asks for it", sidecars: ["istio-proxy"]) {
            $0.spec.containers[1].name = "istio-proxy"
            $0.metadata.labels[WellKnownNames.Label.terminateKnown] = "enabled"
        },
        Case("a known sidecar by image, beside a marked one", sidecars: ["helper", "proxy"]) {
            var helper = Container()
            helper.name = "helper"
            helper.image = "registry:5000/istio/proxyv2:1.20@sha256:abc"
            $0.spec.containers.append(helper)
            set(Variable.terminate, "true", in: &$0)
        },
        Case("init containers are the kubelet's business", sidecars: []) {
            var native = Container()
            native.name = "native"
            native.restartPolicy = "Always"
            $0.spec.initContainers = [native]
            $0.metadata.annotations[Annotation.sidecars] = "native"
        },
    ]

    @Test(arguments: cases) func `who is a sidecar`(_ one: Case) {
        let sketch = PodSketch().container("main", .up).container("proxy", .up).with(one.change)
        #expect(sketch.facts().sidecars.map(\.name).sorted() == one.sidecars)
    }

    @Test func `a namespace may ask for known sidecars`() {
        let sketch = PodSketch().container("main", .up).container("daprd", .up)
        #expect(sketch.facts(countsKnown: true).sidecars.map(\.name) == ["daprd"])
        #expect(sketch.facts(countsKnown: true).sidecars[0].quit?.description == "POST :3500/v1.0/shutdown")
    }

    /// As docs/terminator.md has them.
    @Test(arguments: [
        ("istio-proxy", "POST :15020/quitquitquit"), ("linkerd-proxy", "POST :4191/shutdown"),
        ("envoy", "POST :9901/quitquitquit"), ("cloud-sql-proxy", "POST :9091/quitquitquit"),
        ("alloydb-auth-proxy", "POST :9091/quitquitquit"), ("vault-agent", "POST :8200/agent/v1/quit"),
        ("daprd", "POST :3500/v1.0/shutdown"), ("fluent-bit", "–"),
    ])
    func `known sidecars are asked to leave where they listen`(name: String, quit: String) throws {
        #expect(try #require(KnownSidecar.named(name, image: nil)).quit?.description ?? "–" == quit)
    }

    /// Their ports where no flag names one.
    @Test(arguments: [
        ("--health-check --http-address=0.0.0.0", ":9090/startup"), ("-use_http_health_check", ":8090/startup"),
        ("--health-check", "–"), ("--private-ip", "–"),
    ])
    func `a proxy to a database tells by its flags where it is asked`(flags: String, place: String) throws {
        let proxy = try #require(KnownSidecar.named("cloud-sql-proxy", image: nil))
        let words = flags.split(separator: " ").map(String.init)
        let found = proxy.checks.compactMap { $0.target(in: words) }.first
        #expect(found.map { ":\($0.port)\($0.path)" } ?? "–" == place)
    }

    @Test func `annotations that cannot be followed are told`() {
        let facts = PodSketch().container("main", .up).sidecar("proxy")
            .annotated(Annotation.sidecars, "prxy").annotated(Annotation.primaryContainer, "job")
            .annotated(Annotation.quitPrefix + "proxy", "POST 15020").facts()
        #expect(facts.missingPrimary == "job")
        #expect(facts.findings.count == 3)
        #expect(facts.findings.contains { $0.contains("prxy") })
    }

    @Test(arguments: [
        ("POST :15020/quitquitquit", "POST :15020/quitquitquit"), (":80", "POST :80/"),
        ("GET :1/a?b=c", "GET :1/a?b=c"), ("GET :1/a?b=../%2e", "GET :1/a?b=../%2e"), (":1/a..b/", "POST :1/a..b/"),
        ("http://localhost:9091/quit", "POST :9091/quit"), ("PUT http://127.0.0.1:65535/x", "PUT :65535/x"),
    ])
    func `quit endpoints are read`(text: String, read: String) { #expect(QuitEndpoint(text)?.description == read) }

    @Test(arguments: [
        "", "POST", "15020/quit", ":0/", ":65536/", ":٣/", "PATCH :1/", "POST :1/a b", "POST :1/a\r\nHost: x", ":1quit",
        "http://example.com:1/x", "POST :1/\u{7F}", "POST :1/é", "post :1/",
        ":1/" + String(repeating: "a", count: 2000),
        // What a proxy could take for another path, or another host.
        ":1/../secrets", ":1/a/..", ":1/./a", ":1/%2e%2E/a", ":1/a%2fb", ":1/%252e%252e/a", ":1//host/a", ":1/a\\..\\b",
        ":1/a%5Cb", ":1/a#b",
    ])
    func `what is no quit endpoint is refused`(text: String) { #expect(QuitEndpoint(text) == nil) }

    @Test func `ladders come from the rule, the marker, the default, in this order`() {
        var rules = MarkerRules()
        rules.ladder = [.image]
        rules.markerLadders = [Variable.terminate: [.exec, .hold]]
        var rule = SidecarRule(names: ["special"], images: [])
        rule.ladder = [.http]
        rules.sidecars.insert(rule, at: 0)
        let facts = PodSketch().container("main", .up).sidecar("special").sidecar("plain").container("named", .up)
            .annotated(Annotation.sidecars, "named").facts(rules)
        #expect(facts.sidecars.map(\.ladder) == [[.http], [.exec, .hold], [.image]])
    }

    @Test func `what is kept of a pod`() {
        let facts = PodSketch("OnFailure").sidecar(restarts: 2).container("main", .exit(0), restarts: 3).facts()
        #expect(facts.restarts == 5)
        #expect(facts.job == .init(name: "step", uid: "job-1"))
        #expect(facts.isTrackedByJob)
        #expect(facts.mainEnd == 1500)
        #expect(facts.grace == 5)
    }
}
