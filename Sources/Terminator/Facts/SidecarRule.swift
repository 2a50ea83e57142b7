/// What is known about sidecars of a name or an image: shipped for the usual ones, and an operator's own.
public struct SidecarRule: Sendable, Equatable {
    /// Of containers.
    public var names: [String] = []
    /// Last parts of image names, without tag and digest: `proxyv2`.
    public var images: [String] = []
    /// Counts as a sidecar without a marker of its own, in pods that carry one or in namespaces that ask for it.
    public var isKnown = true
    public var quit: QuitEndpoint?
    /// Exits with 0 on SIGTERM, so that a signal does not spoil the pod's result.
    public var exitsWithZero = false
    /// Instead of SIGTERM, where the container is told from inside.
    public var exec: ExecStop?
    /// Instead of the marker's or the default ladder.
    public var ladder: [Rung]?

    public init() {}

    public init(names: [String], images: [String], quit: QuitEndpoint? = nil, exitsWithZero: Bool = false) {
        self.names = names
        self.images = images
        self.quit = quit
        self.exitsWithZero = exitsWithZero
    }

    /// `registry:5000/istio/proxyv2:1.20@sha256:…` is `proxyv2`.
    static func repository(of image: String) -> String {
        let text = image.utf8
        let slash = text.dropLast(text.last == UInt8(ascii: "/") ? 1 : 0).lastIndex(of: UInt8(ascii: "/"))
        let last = text[(slash.map { text.index(after: $0) } ?? text.startIndex)...]
        let end = last.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }
        return String(image[last.startIndex..<(end ?? last.endIndex)])
    }

    /// Those that most clusters have. Ports and paths are the programs' own defaults.
    public static let shipped: [SidecarRule] = [
        SidecarRule(
            names: ["istio-proxy"], images: ["proxyv2"], quit: QuitEndpoint(port: 15020, path: "/quitquitquit")),
        SidecarRule(
            names: ["linkerd-proxy"], images: ["linkerd-proxy"], quit: QuitEndpoint(port: 4191, path: "/shutdown")),
        SidecarRule(names: ["envoy"], images: ["envoy"], quit: QuitEndpoint(port: 9901, path: "/quitquitquit")),
        SidecarRule(
            names: ["cloud-sql-proxy", "cloudsql-proxy", "cloudsql"], images: ["cloud-sql-proxy", "gce-proxy"],
            quit: QuitEndpoint(port: 9091, path: "/quitquitquit")),
        SidecarRule(
            names: ["alloydb-auth-proxy"], images: ["alloydb-auth-proxy"],
            quit: QuitEndpoint(port: 9091, path: "/quitquitquit")),
        // By name alone: the image serves clients of every kind.
        SidecarRule(names: ["vault-agent"], images: [], quit: QuitEndpoint(port: 8200, path: "/agent/v1/quit")),
        SidecarRule(names: ["daprd"], images: ["daprd"], quit: QuitEndpoint(port: 3500, path: "/v1.0/shutdown")),
        SidecarRule(names: ["fluent-bit", "fluentbit"], images: ["fluent-bit", "aws-for-fluent-bit"]),
        SidecarRule(names: ["fluentd"], images: ["fluentd"]),
        SidecarRule(names: ["filebeat"], images: ["filebeat"]),
        SidecarRule(names: ["promtail"], images: ["promtail"]),
        SidecarRule(
            names: ["otel-collector", "otc-container"],
            images: ["opentelemetry-collector", "opentelemetry-collector-contrib", "aws-otel-collector"]),
        SidecarRule(names: ["datadog-agent", "dd-agent"], images: []),
        SidecarRule(names: ["xray-daemon"], images: ["aws-xray-daemon"]),
        SidecarRule(names: ["cloudwatch-agent"], images: ["cloudwatch-agent"]),
        SidecarRule(names: ["gke-gcsfuse-sidecar"], images: ["gcs-fuse-csi-driver-sidecar-mounter"]),
        SidecarRule(names: ["statsd-exporter"], images: ["statsd-exporter"]),
        SidecarRule(names: ["oauth2-proxy"], images: ["oauth2-proxy"]),
    ]
}
