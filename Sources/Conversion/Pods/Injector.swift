/// Who adds a sidecar to pods at admission: by what sign of the pod, and by which switch it adds a native one.
package struct Injector: Sendable {
    /// The container that it adds.
    package let container: String
    /// A label or annotation, and its value.
    package let sign: (key: String, value: String)
    /// An annotation, and its value.
    package let toggle: (key: String, value: String)

    package static let istio = Injector(
        container: "istio-proxy", sign: ("sidecar.istio.io/inject", "true"),
        toggle: ("sidecar.istio.io/nativeSidecar", "true"))
    package static let linkerd = Injector(
        container: "linkerd-proxy", sign: ("linkerd.io/inject", "enabled"),
        toggle: ("config.linkerd.io/proxy-enable-native-sidecar", "true"))
    /// Vault's has no native one; in pods that end it can leave it at the init container that fetches the secrets.
    package static let vault = Injector(
        container: "vault-agent", sign: ("vault.hashicorp.com/agent-inject", "true"),
        toggle: ("vault.hashicorp.com/agent-pre-populate-only", "true"))

    package static let all = [istio, linkerd, vault]

    /// What has to be set, as it is written.
    package var advice: String { "\(toggle.key): \"\(toggle.value)\"" }

    /// The label or annotation by which the pod asks for its sidecar.
    package func sign(of pod: ManifestPod) -> SourceNode? {
        [pod.annotations, pod.place.metadata?["labels"]].lazy.compactMap { $0?[sign.key] }
            .first { $0.text?.lowercased() == sign.value }
    }

    package func isSwitched(by pod: ManifestPod) -> Bool {
        pod.annotations?[toggle.key]?.text?.lowercased() == toggle.value
    }
}
