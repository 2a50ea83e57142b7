internal import Synchronization

/// Namespaces whose label asks for known sidecars to count. Kept by an informer.
final class KnownNamespaces: Sendable {
    private let names = Mutex<Set<String>>([])

    func contains(_ name: String) -> Bool { names.withLock { $0.contains(name) } }

    /// - Returns: whether that is news.
    func insert(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }

    func remove(_ name: String) -> Bool { names.withLock { $0.remove(name) != nil } }
}
