import ArgumentParser
import Conversion
import PodRules

/// What counts as a sidecar, where pods are, and for which clusters: alike for all that convert or look as if they would.
struct ConversionArguments: ParsableArguments {
    @Option(name: .customLong("sidecar"), help: "A container that is a sidecar. May be repeated.")
    var sidecars: [String] = []

    @Option(help: "The main container; in pods that have it, all others are sidecars.")
    var primary: String?

    @Flag(help: "Take well-known sidecars (proxies, log shippers …) without a marker.")
    var detect = false

    @Option(
        name: .customLong("pod-spec-path"),
        help: "Where other custom resources keep a pod's spec: spec.workers[].template.spec. May be repeated.")
    var podSpecPaths: [String] = []

    @Option(help: "The oldest version the manifests have to run on: 1.29 or later.")
    var kubeVersion: String?

    func validate() throws {
        guard !sidecars.contains(where: \.isEmpty), primary != "" else { throw ValidationError("A name is empty.") }
        guard primary.map({ !sidecars.contains($0) }) ?? true else {
            throw ValidationError("\(primary ?? "") cannot be the main container and a sidecar.")
        }
        for path in podSpecPaths where !PodSpecPath.isValid(path) {
            throw ValidationError(
                "--pod-spec-path expects names and dots, as in spec.workers[].template.spec, found \(path).")
        }
        if let kubeVersion, KubeVersion(kubeVersion) == nil {
            throw ValidationError("--kube-version expects a version such as 1.30, found \(kubeVersion).")
        }
    }

    /// Refuses clusters that have no native sidecars.
    func requireNative() throws {
        guard let version = kubeVersion.flatMap({ KubeVersion($0) }), version < .nativeSidecars else { return }
        throw ValidationError(
            "Kubernetes \(version) has no native sidecars; they are on by default from 1.29. "
                + "Keep the ordinary containers and let kpipe-sidecar terminator end them.")
    }

    var options: ConversionOptions {
        var options = ConversionOptions()
        options.sidecars = Set(sidecars)
        options.primary = primary
        options.detectsKnown = detect
        options.podSpecPaths = podSpecPaths
        options.kubeVersion = kubeVersion.flatMap { KubeVersion($0) }
        return options
    }
}
