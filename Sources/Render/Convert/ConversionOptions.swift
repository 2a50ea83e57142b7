/// What is to be converted, and which way.
public struct ConversionOptions: Sendable, Equatable {
    public enum Direction: Sendable {
        case toNative
        case toOrdinary
    }

    public var direction = Direction.toNative
    /// Sidecars besides the marked ones.
    public var sidecars: Set<String> = []
    /// In pods that have this container all others are sidecars.
    public var primary: String?
    /// Whether known sidecars count without a marker.
    public var detectsKnown = false
    /// Where custom resources keep their pods: `spec.workers[].template.spec`.
    public var podSpecPaths: [String] = []
    public var kubeVersion: KubeVersion?

    public init() {}
}
