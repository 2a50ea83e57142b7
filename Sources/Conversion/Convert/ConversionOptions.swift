/// What is to be converted, and which way.
package struct ConversionOptions: Sendable, Equatable {
    package enum Direction: Sendable {
        case toNative
        case toOrdinary
    }

    package var direction = Direction.toNative
    /// Sidecars besides the marked ones.
    package var sidecars: Set<String> = []
    /// In pods that have this container all others are sidecars.
    package var primary: String?
    /// Whether known sidecars count without a marker.
    package var detectsKnown = false
    /// Where custom resources keep their pods: `spec.workers[].template.spec`.
    package var podSpecPaths: [String] = []
    package var kubeVersion: KubeVersion?

    package init() {}
}
