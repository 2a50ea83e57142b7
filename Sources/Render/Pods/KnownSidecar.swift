/// Sidecars that `--detect` recognises without a marker: the one table.
struct KnownSidecar {
    /// Container names.
    let names: Set<String>
    /// Last parts of image names, without tag and digest.
    let images: Set<String>
    /// Its port answers inside the pod alone, so that the kubelet could not probe it.
    var servesLocalhostOnly = false
    /// Who may have added it, and makes it native itself.
    var injector: Injector?
    /// The flags by which it serves a startup check from outside localhost.
    var checks: [StartupCheck] = []

    static let all: [KnownSidecar] = [
        KnownSidecar(
            names: ["istio-proxy"], images: ["proxyv2", "istio-proxy"], injector: .istio),
        KnownSidecar(
            names: ["linkerd-proxy"], images: ["linkerd-proxy"], injector: .linkerd),
        KnownSidecar(names: ["envoy"], images: ["envoy"]),
        KnownSidecar(
            names: ["cloud-sql-proxy", "cloudsql-proxy", "cloudsql"], images: ["cloud-sql-proxy", "gce-proxy"],
            servesLocalhostOnly: true, checks: [.authProxy, .oldSQLProxy]),
        KnownSidecar(
            names: ["alloydb-auth-proxy"], images: ["alloydb-auth-proxy"], servesLocalhostOnly: true,
            checks: [.authProxy]),
        KnownSidecar(names: ["vault-agent"], images: [], injector: .vault),
        KnownSidecar(names: ["daprd"], images: ["daprd"]),
        KnownSidecar(names: ["fluent-bit", "fluentbit"], images: ["fluent-bit", "aws-for-fluent-bit"]),
        KnownSidecar(names: ["fluentd"], images: ["fluentd"]),
        KnownSidecar(names: ["filebeat"], images: ["filebeat"]),
        KnownSidecar(names: ["promtail"], images: ["promtail"]),
        KnownSidecar(names: ["vector"], images: ["vector"]),
        KnownSidecar(
            names: ["otel-collector", "otc-container"],
            images: [
                "opentelemetry-collector", "opentelemetry-collector-contrib", "aws-otel-collector",
            ]),
        KnownSidecar(names: ["datadog-agent", "dd-agent"], images: []),
        KnownSidecar(names: ["xray-daemon"], images: ["aws-xray-daemon"]),
        KnownSidecar(names: ["cloudwatch-agent"], images: ["cloudwatch-agent"]),
        KnownSidecar(names: ["git-sync"], images: ["git-sync"]),
        KnownSidecar(names: ["gke-gcsfuse-sidecar"], images: ["gcs-fuse-csi-driver-sidecar-mounter"]),
        KnownSidecar(names: ["statsd-exporter"], images: ["statsd-exporter"]),
        KnownSidecar(names: ["oauth2-proxy"], images: ["oauth2-proxy"]),
    ]

    private static let byName = table { $0.names }
    private static let byImage = table { $0.images }

    private static func table(_ words: (KnownSidecar) -> Set<String>) -> [String: KnownSidecar] {
        Dictionary(all.flatMap { known in words(known).map { ($0, known) } }) { first, _ in first }
    }

    static func named(_ name: String, image: String?) -> KnownSidecar? {
        if let known = byName[name] { return known }
        guard let last = image?.utf8.split(separator: UInt8(ascii: "/")).last else { return nil }
        return byImage[
            String(decoding: last.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "@") }, as: UTF8.self)]
    }
}
