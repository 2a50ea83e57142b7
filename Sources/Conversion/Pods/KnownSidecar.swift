internal import KubeModel
package import PodRules

/// What a conversion knows of sidecars that `--detect` recognises without a marker.
package struct KnownSidecar {
    package let sidecar: WellKnownSidecar
    /// Its port answers inside the pod alone, so that the kubelet could not probe it.
    package var servesLocalhostOnly = false
    /// Who may have added it, and makes it native itself.
    package var injector: Injector?
    /// The flags by which it serves a startup check from outside localhost.
    var checks: [StartupCheck] = []

    /// What its program may be called.
    package var programs: [String] { sidecar.images + sidecar.names }

    package static let all =
        [
            KnownSidecar(sidecar: .istioProxy, injector: .istio),
            KnownSidecar(sidecar: .linkerdProxy, injector: .linkerd),
            KnownSidecar(sidecar: .envoy),
            KnownSidecar(
                sidecar: .cloudSQLProxy, servesLocalhostOnly: true, checks: [.authProxy, .oldSQLProxy]),
            KnownSidecar(sidecar: .alloyDBProxy, servesLocalhostOnly: true, checks: [.authProxy]),
            KnownSidecar(sidecar: .vaultAgent, injector: .vault),
            KnownSidecar(sidecar: .dapr),
        ] + WellKnownSidecar.others.map { KnownSidecar(sidecar: $0) }

    private static let byName = table(\.names)
    private static let byImage = table(\.images)

    private static func table(_ words: (WellKnownSidecar) -> [String]) -> [String: KnownSidecar] {
        Dictionary(all.flatMap { known in words(known.sidecar).map { ($0, known) } }) { first, _ in first }
    }

    package static func named(_ name: String, image: String?) -> KnownSidecar? {
        if let known = byName[name] { return known }
        guard let last = image?.utf8.split(separator: UInt8(ascii: "/")).last else { return nil }
        return byImage[
            String(decoding: last.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "@") }, as: UTF8.self)]
    }
}
