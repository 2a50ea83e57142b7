public import KubeClient
internal import KubeModel
internal import Synchronization

/// Keeps a cache of one kind of objects in step with the server, and tells a handler of every change.
///
/// What it guarantees: each object that matters is told as added once, then as updated whenever its record is another,
/// then as removed once, also where that happened while the server was away. States in between may be skipped.
///
/// The handler is given changes in order, and nothing more is read from the server until it returns: a slow handler
/// holds back the watch, and costs no memory. Objects of the same name follow each other under different uids; after a
/// break the new one may be told before the old one's removal.
public final class Informer<Record: Sendable & Equatable>: Sendable {
    /// Changes that came together, at least one.
    public typealias Handler = @Sendable ([ObjectChange<Record>]) async -> Void

    public let cache = Cache<Record>()
    private let loop: InformerLoop<Record>

    public init(
        _ api: any KubeAPI, _ scope: WatchScope, _ decoder: RecordDecoder<Record>, options: InformerOptions = .init(),
        handler: @escaping Handler
    ) {
        loop = InformerLoop(api, scope, decoder, cache, options, handler)
    }

    /// Follows the server until the task is cancelled, whatever happens meanwhile. To be called once.
    public func run() async { await loop.run() }

    /// Whether the handler has been told the whole state.
    public var hasSynced: Bool { loop.hasSynced.withLock { $0 } }

    /// Why the server cannot be followed at the moment; what the cache says may be old then. `nil` while all is well.
    public var trouble: String? { loop.trouble.withLock { $0 } }

    /// Reads everything again soon, because what matters has changed: records that were `nil` may not be now. Objects
    /// whose version has not changed are decoded as well.
    public func relist() { loop.requestRelist() }
}
