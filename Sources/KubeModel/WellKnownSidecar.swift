/// A sidecar that many clusters have, by what it is recognised by where nobody has marked it. How it is asked to leave,
/// probed or injected is said where that is needed.
public struct WellKnownSidecar: Sendable {
    /// Of containers.
    public let names: [String]
    /// Last parts of image names, without tag and digest. None where the image serves other purposes, too.
    public let images: [String]

    init(_ names: [String], images: [String]) {
        self.names = names
        self.images = images
    }

    public static let istioProxy = WellKnownSidecar(["istio-proxy"], images: ["proxyv2", "istio-proxy"])
    public static let linkerdProxy = WellKnownSidecar(["linkerd-proxy"], images: ["linkerd-proxy"])
    public static let envoy = WellKnownSidecar(["envoy"], images: ["envoy"])
    public static let cloudSQLProxy = WellKnownSidecar(
        ["cloud-sql-proxy", "cloudsql-proxy", "cloudsql"], images: ["cloud-sql-proxy", "gce-proxy"])
    public static let alloyDBProxy = WellKnownSidecar(["alloydb-auth-proxy"], images: ["alloydb-auth-proxy"])
    public static let vaultAgent = WellKnownSidecar(["vault-agent"], images: [])
    public static let dapr = WellKnownSidecar(["daprd"], images: ["daprd"])

    /// Those of which nothing more is known.
    public static let others: [WellKnownSidecar] = [
        WellKnownSidecar(["fluent-bit", "fluentbit"], images: ["fluent-bit", "aws-for-fluent-bit"]),
        WellKnownSidecar(["fluentd"], images: ["fluentd"]),
        WellKnownSidecar(["filebeat"], images: ["filebeat"]),
        WellKnownSidecar(["promtail"], images: ["promtail"]),
        WellKnownSidecar(["vector"], images: ["vector"]),
        WellKnownSidecar(
            ["otel-collector", "otc-container"],
            images: ["opentelemetry-collector", "opentelemetry-collector-contrib", "aws-otel-collector"]),
        WellKnownSidecar(["datadog-agent", "dd-agent"], images: []),
        WellKnownSidecar(["xray-daemon"], images: ["aws-xray-daemon"]),
        WellKnownSidecar(["cloudwatch-agent"], images: ["cloudwatch-agent"]),
        WellKnownSidecar(["git-sync"], images: ["git-sync"]),
        WellKnownSidecar(["gke-gcsfuse-sidecar"], images: ["gcs-fuse-csi-driver-sidecar-mounter"]),
        WellKnownSidecar(["statsd-exporter"], images: ["statsd-exporter"]),
        WellKnownSidecar(["oauth2-proxy"], images: ["oauth2-proxy"]),
    ]
}
