/// Bounds on what a document may cost. A document beyond one of them is refused, never read in part.
public struct YAMLLimits: Sendable, Equatable {
    /// Bytes of text.
    public var bytes: Int
    /// Collections inside each other.
    public var depth: Int
    /// Nodes after aliases and merge keys were filled in, so that a few lines cannot stand for a billion nodes.
    public var nodes: Int

    public init(bytes: Int = 16 << 20, depth: Int = 64, nodes: Int = 1_000_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }
}
