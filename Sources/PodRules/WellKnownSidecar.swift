/// A sidecar that many clusters have, by what it is recognised by where nobody has marked it. How it is asked to leave,
/// probed or injected is said where that is needed.
package struct WellKnownSidecar: Sendable {
    /// Of containers.
    package let names: [String]
    /// Last parts of image names, without tag and digest. None where the image serves other purposes, too.
    package let images: [String]

    package init(_ names: [String], images: [String]) {
        self.names = names
        self.images = images
    }

    package static let istioProxy = WellKnownSidecar(["istio-proxy"], images: ["proxyv2", "istio-proxy"])
    package static let linkerdProxy = WellKnownSidecar(["linkerd-proxy"], images: ["linkerd-proxy"])
    package static let envoy = WellKnownSidecar(["envoy"], images: ["envoy"])
    package static let cloudSQLProxy = WellKnownSidecar(
        ["cloud-sql-proxy", "cloudsql-proxy", "cloudsql"], images: ["cloud-sql-proxy", "gce-proxy"])
    package static let alloyDBProxy = WellKnownSidecar(["alloydb-auth-proxy"], images: ["alloydb-auth-proxy"])
    package static let vaultAgent = WellKnownSidecar(["vault-agent"], images: [])
    package static let dapr = WellKnownSidecar(["daprd"], images: ["daprd"])

    /// Those of which nothing more is known.
    package static let others: [WellKnownSidecar] = [
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
