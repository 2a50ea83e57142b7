/// Bounds on what a document may cost. A document beyond one of them is refused, never read in part.
package struct YAMLLimits: Sendable, Equatable {
    /// Bytes of text.
    package var bytes: Int
    /// Collections inside each other.
    package var depth: Int
    /// Nodes after aliases and merge keys were filled in, so that a few lines cannot stand for a billion nodes.
    package var nodes: Int

    package init(bytes: Int = 16 << 20, depth: Int = 64, nodes: Int = 1_000_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }
}
