public import KubeModel
internal import Synchronization

/// What an informer keeps: a record for each object that matters. Read by anybody, at any time, written by the informer
/// alone.
public final class Cache<Record: Sendable>: Sendable {
    private let table = Mutex(ObjectTable<Record>())

    init() {}

    public var count: Int { table.withLock { $0.count } }

    public subscript(uid: ObjectUID) -> Record? { table.withLock { $0.record(uid) } }

    /// Hands every record to `body`, in no order. The cache is locked meanwhile: `body` must be quick, and must not use
    /// the cache.
    public func visit(_ body: (ObjectUID, Record) -> Void) { table.withLock { $0.visit(body) } }

    func withTable<Result: Sendable>(_ body: (inout ObjectTable<Record>) -> Result) -> Result {
        table.withLock { body(&$0) }
    }
}
