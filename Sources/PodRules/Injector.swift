/// Who adds a sidecar to pods at admission: by what sign of the pod, and how it comes to add a native one. The one table of
/// them, with the versions.
package struct Injector: Sendable {
    /// The container that it adds.
    package let container: String
    /// A label or annotation, and its value; without one any that does not say no.
    package let sign: (key: String, value: String?)
    /// Annotations of the pod by which it adds a native one, the one of today first, and their value. None: the switch is the
    /// injector's own.
    package let toggles: [String]
    package let value: String
    /// The version from which it adds native ones without being asked, and on which clusters.
    package let nativeFrom: String?
    /// The injector's own switch, for all its pods.
    package let setting: String?
    package let source: String

    private init(
        _ container: String, sign: (key: String, value: String?), toggles: [String] = [], value: String = "true",
        nativeFrom: String? = nil, setting: String? = nil, source: String
    ) {
        self.container = container
        self.sign = sign
        self.toggles = toggles
        self.value = value
        self.nativeFrom = nativeFrom
        self.setting = setting
        self.source = source
    }

    package static let istio = Injector(
        "istio-proxy", sign: ("sidecar.istio.io/inject", "true"), toggles: ["sidecar.istio.io/nativeSidecar"],
        nativeFrom: "Istio 1.27 on Kubernetes 1.33", setting: "ENABLE_NATIVE_SIDECARS",
        source: "istio#48794; AKS: native sidecar mode for Istio")
    package static let linkerd = Injector(
        "linkerd-proxy", sign: ("linkerd.io/inject", "enabled"),
        toggles: [
            "config.linkerd.io/proxy-enable-native-sidecar", "config.beta.linkerd.io/proxy-enable-native-sidecar",
            "config.alpha.linkerd.io/proxy-enable-native-sidecar",
        ], nativeFrom: "Linkerd 2.20", setting: "proxy.nativeSidecar", source: "linkerd2#15267, #14587, #11465")
    /// Vault's has no native one; in pods that end it can leave it at the init container that fetches the secrets.
    package static let vault = Injector(
        "vault-agent", sign: ("vault.hashicorp.com/agent-inject", "true"),
        toggles: ["vault.hashicorp.com/agent-pre-populate-only"], source: "vault-k8s#133")
    package static let dapr = Injector(
        "daprd", sign: ("dapr.io/enabled", "true"), toggles: ["dapr.io/enable-native-sidecar"],
        source: "dapr#9422: from 1.18")
    package static let openTelemetry = Injector(
        "otc-container", sign: ("sidecar.opentelemetry.io/inject", nil),
        nativeFrom: "OpenTelemetry operator 0.139 on Kubernetes 1.29", setting: "operator.sidecarcontainers.native",
        source: "opentelemetry-operator#4451")
    package static let consul = Injector(
        "consul-dataplane", sign: ("consul.hashicorp.com/connect-inject", "true"),
        toggles: ["consul.hashicorp.com/enable-consul-dataplane-as-sidecar"],
        setting: "-default-enable-consul-dataplane-as-sidecar", source: "consul-k8s#4678, #3919")
    package static let kuma = Injector(
        "kuma-sidecar", sign: ("kuma.io/sidecar-injection", "enabled"),
        setting: "experimental.sidecarContainers (Kuma 2.7)", source: "kuma#9321")
    /// Adds an ordinary container, and has no switch.
    package static let datadog = Injector(
        "datadog-agent-injected", sign: ("agent.datadoghq.com/sidecar", nil), source: "datadog-agent#22535")

    package static let all = [istio, linkerd, vault, dapr, openTelemetry, consul, kuma, datadog]

    /// Whether a label or annotation asks for it.
    package func isAsked(by value: String) -> Bool {
        sign.value.map { value.lowercased() == $0 } ?? !["", "false", "disabled"].contains(value.lowercased())
    }

    /// What is to be done for a native one, in words.
    package var advice: String {
        var ways: [String] = []
        if let toggle = toggles.first { ways.append("set \(toggle): \"\(value)\"") }
        if let setting, toggles.isEmpty { ways.append("its own switch is \(setting)") }
        guard let nativeFrom else {
            return ways.first ?? "it has no native one; let a terminator end it"
        }
        return "native by itself from \(nativeFrom)" + (ways.first.map { "; before, \($0)" } ?? "")
    }
}
