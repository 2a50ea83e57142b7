internal import KubeClient
internal import KubeModel
internal import Synchronization

/// Namespaces whose label asks for known sidecars to count. Kept by whoever follows them.
final class KnownNamespaces: Sendable {
    private let names = Mutex<Set<String>>([])

    func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }

    /// - Returns: whether that is news.
    func insert(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }

    func remove(_ name: String) -> Bool { names.withLock { $0.remove(name) != nil } }

    /// Learns which they are.
    ///
    /// - Parameter name: the only namespace that matters; `nil`: all do.
    /// - Returns: whether that is news.
    /// - Throws: with 403 where their labels may not be read.
    @discardableResult
    func read(_ api: any KubeAPI, only name: String?) async throws(KubeError) -> Bool {
        if let name {
            // Allowed by a role in that namespace alone, other than a list or watch of it.
            let namespace = try await api.metadata(.namespaces, ObjectKey(name: name))
            return namespace?.labels[WellKnownNames.Label.terminateKnown] == "enabled" ? insert(name) : remove(name)
        }
        let labelled: [PartialObject] = try await api.list(.namespaces, labels: Self.selector)
        return labelled.map { insert($0.metadata.name) }.contains(true)
    }

    static let selector = "\(WellKnownNames.Label.terminateKnown)=enabled"
}
