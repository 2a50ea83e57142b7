/// A sidecar that many clusters have: what it is recognised by where nobody has marked it, how it is asked to leave, how it
/// is probed, and who may have added it.
package struct KnownSidecar: Sendable {
    /// Of containers.
    package let names: [String]
    /// Last parts of image names, without tag and digest. None where the image serves other purposes, too.
    package let images: [String]
    /// By its own defaults.
    package var quit: QuitEndpoint?
    /// Its port answers inside the pod alone, so that the kubelet could not probe it.
    package var servesLocalhostOnly = false
    /// All traffic of the pod goes through it, probes of other containers too.
    package var carriesTraffic = false
    /// Who may have added it, and makes it native itself.
    package var injector: Injector?
    /// The flags by which it serves a startup check from outside localhost.
    package var checks: [StartupCheck] = []

    /// What its program may be called.
    package var programs: [String] { images + names }

    private init(
        _ names: [String], images: [String], quit: QuitEndpoint? = nil, servesLocalhostOnly: Bool = false,
        carriesTraffic: Bool = false, injector: Injector? = nil, checks: [StartupCheck] = []
    ) {
        self.names = names
        self.images = images
        self.quit = quit
        self.servesLocalhostOnly = servesLocalhostOnly
        self.carriesTraffic = carriesTraffic
        self.injector = injector
        self.checks = checks
    }

    package static let all = [
        KnownSidecar(
            ["istio-proxy"], images: ["proxyv2", "istio-proxy"],
            quit: QuitEndpoint(port: 15020, path: "/quitquitquit"), carriesTraffic: true, injector: .istio),
        KnownSidecar(
            ["linkerd-proxy"], images: ["linkerd-proxy"], quit: QuitEndpoint(port: 4191, path: "/shutdown"),
            carriesTraffic: true, injector: .linkerd),
        KnownSidecar(["envoy"], images: ["envoy"], quit: QuitEndpoint(port: 9901, path: "/quitquitquit")),
        KnownSidecar(
            ["cloud-sql-proxy", "cloudsql-proxy", "cloudsql"], images: ["cloud-sql-proxy", "gce-proxy"],
            quit: QuitEndpoint(port: 9091, path: "/quitquitquit"), servesLocalhostOnly: true,
            checks: [.authProxy, .oldSQLProxy]),
        KnownSidecar(
            ["alloydb-auth-proxy"], images: ["alloydb-auth-proxy"],
            quit: QuitEndpoint(port: 9091, path: "/quitquitquit"), servesLocalhostOnly: true, checks: [.authProxy]),
        KnownSidecar(
            ["vault-agent"], images: [], quit: QuitEndpoint(port: 8200, path: "/agent/v1/quit"), injector: .vault),
        KnownSidecar(
            ["daprd"], images: ["daprd"], quit: QuitEndpoint(port: 3500, path: "/v1.0/shutdown"), injector: .dapr),
        KnownSidecar(["consul-dataplane"], images: ["consul-dataplane"], carriesTraffic: true, injector: .consul),
        KnownSidecar(["kuma-sidecar"], images: ["kuma-dp"], carriesTraffic: true, injector: .kuma),
        KnownSidecar(["fluent-bit", "fluentbit"], images: ["fluent-bit", "aws-for-fluent-bit"]),
        KnownSidecar(["fluentd"], images: ["fluentd"]),
        KnownSidecar(["filebeat"], images: ["filebeat"]),
        KnownSidecar(["promtail"], images: ["promtail"]),
        KnownSidecar(["vector"], images: ["vector"]),
        KnownSidecar(
            ["otel-collector", "otc-container"],
            images: ["opentelemetry-collector", "opentelemetry-collector-contrib", "aws-otel-collector"],
            injector: .openTelemetry),
        KnownSidecar(["datadog-agent", "dd-agent", "datadog-agent-injected"], images: [], injector: .datadog),
        KnownSidecar(["xray-daemon"], images: ["aws-xray-daemon"]),
        KnownSidecar(["cloudwatch-agent"], images: ["cloudwatch-agent"]),
        KnownSidecar(["git-sync"], images: ["git-sync"]),
        KnownSidecar(["gke-gcsfuse-sidecar"], images: ["gcs-fuse-csi-driver-sidecar-mounter"]),
        KnownSidecar(["statsd-exporter"], images: ["statsd-exporter"]),
        KnownSidecar(["oauth2-proxy"], images: ["oauth2-proxy"]),
    ]

    /// The flags by which it would serve a startup check; `nil` where the image does not tell which program it is.
    package func flags(of image: String) -> String? {
        let repository = SidecarRule.repository(of: image)
        guard images.contains(repository) else { return nil }
        return (repository == "gce-proxy" ? .oldSQLProxy : checks.first)?.flags
    }

    package static func named(_ name: String, image: String?) -> KnownSidecar? {
        place(name, image: image).map { all[$0] }
    }

    /// In `all`.
    package static func place(_ name: String, image: String?) -> Int? {
        SidecarPlaces.shipped.first(name: name, image: image ?? "")
    }
}

/// A check over HTTP that a program serves when its flags say so.
package struct StartupCheck: Sendable {
    private let flag: String
    private let portFlag: String
    private let defaultPort: UInt16
    private let path: String
    /// Without this flag and `0.0.0.0` it is served on localhost, where the kubelet cannot ask.
    private let addressFlag: String?

    static let authProxy = StartupCheck(
        flag: "--health-check", portFlag: "--http-port", defaultPort: 9090, path: "/startup",
        addressFlag: "--http-address")
    static let oldSQLProxy = StartupCheck(
        flag: "-use_http_health_check", portFlag: "-health_check_port", defaultPort: 8090, path: "/startup",
        addressFlag: nil)

    var flags: String { flag + (addressFlag.map { " \($0)=0.0.0.0" } ?? "") }

    /// Where the kubelet can ask, as the command line says.
    package func target(in words: [String]) -> (path: String, port: UInt16)? {
        guard let asked = Self.value(of: flag, in: words), asked != "false" else { return nil }
        if let addressFlag, Self.value(of: addressFlag, in: words) != "0.0.0.0" { return nil }
        guard let text = Self.value(of: portFlag, in: words) else { return (path, defaultPort) }
        return UInt16(text).map { (path, $0) }
    }

    /// `--flag value`, `--flag=value` or, as Go reads it, with a single dash; empty for a flag alone.
    private static func value(of flag: String, in words: [String]) -> String? {
        let name = flag.drop { $0 == "-" }
        for (index, word) in words.enumerated() {
            let bare = word.drop { $0 == "-" }
            guard word.hasPrefix("-"), bare == name || bare.hasPrefix("\(name)=") else { continue }
            if bare != name { return String(bare.dropFirst(name.count + 1)) }
            let next = words.indices.contains(index + 1) ? words[index + 1] : ""
            return next.hasPrefix("-") ? "" : next
        }
        return nil
    }
}
