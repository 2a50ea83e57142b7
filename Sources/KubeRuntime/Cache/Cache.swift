internal import Basics
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

/// Brings objects into the cache, and collects the changes for the handler.
struct CacheWriter<Record: Sendable & Equatable>: Sendable {
    private let cache: Cache<Record>
    private let decoder: RecordDecoder<Record>
    private var changes: [ObjectChange<Record>] = []
    private var wasSynced = false
    /// An object at a version that is known need not be decoded, unless what matters has changed.
    private var trustsVersions = true

    init(_ cache: Cache<Record>, _ decoder: RecordDecoder<Record>) {
        self.cache = cache
        self.decoder = decoder
    }

    mutating func takeChanges() -> [ObjectChange<Record>] {
        defer { changes = [] }
        return changes
    }

    /// Until the next whole state, every object is decoded.
    mutating func distrustVersions() { trustsVersions = false }

    mutating func beginReplacing() { note(gone: cache.withTable { $0.beginReplacing() }) }

    mutating func endReplacing() {
        note(gone: cache.withTable { $0.endReplacing() })
        trustsVersions = true
        if !wasSynced { changes.append(.synced) }
        wasSynced = true
    }

    mutating func store(_ head: ObjectHead, _ encoding: ObjectEncoding, _ bytes: Span<UInt8>) throws(WireError) {
        let version = ResourceVersion.digest(head.resourceVersion)
        if trustsVersions, cache.withTable({ $0.confirm(head.uid, version: version) }) { return }
        let record: Record?
        do throws(WireError) { record = try decoder.decode(encoding, bytes) } catch {
            // Nothing is known about it any more.
            remove(head)
            throw error
        }
        guard let record else { return remove(head) }
        let kept = decoder.kept(record)
        switch cache.withTable({ $0.store(head.uid, version: version, kept) }) {
        case nil: changes.append(.added(head.uid, record))
        case let old? where old != kept: changes.append(.updated(head.uid, from: old, to: record))
        case .some: break
        }
    }

    private mutating func note(gone: [(ObjectUID, Record)]) { changes += gone.map { .removed($0, $1) } }

    mutating func remove(_ head: ObjectHead) {
        guard let old = cache.withTable({ $0.remove(head.uid) }) else { return }
        changes.append(.removed(head.uid, old))
    }
}
