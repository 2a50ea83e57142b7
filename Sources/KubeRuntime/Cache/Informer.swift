public import Basics
public import KubeClient
public import KubeModel
public import Logging
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

/// How an informer runs.
public struct InformerOptions: Sendable {
    public var metrics: InformerMetrics?
    public var logger: Logger
    public var time: Timepiece
    /// Decides delays and the watch's length. Random, so that informers do not ask in step.
    public var seed: UInt64

    public init(
        metrics: InformerMetrics? = nil, logger: Logger = Logger(label: "informer"), time: Timepiece = .system,
        seed: UInt64 = .random(in: 0 ... .max)
    ) {
        self.metrics = metrics
        self.logger = logger
        self.time = time
        self.seed = seed
    }
}

/// What an informer tells its handler.
public enum ObjectChange<Record: Sendable>: Sendable {
    case added(ObjectUID, Record)
    case updated(ObjectUID, from: Record, to: Record)
    /// Deleted, or of no interest any more; with what was last known.
    case removed(ObjectUID, Record)
    /// The whole state has been told. Comes once.
    case synced
}

extension ObjectChange: Equatable where Record: Equatable {}

/// How objects become the compact records that a caller keeps.
public struct RecordDecoder<Record: Sendable>: Sendable {
    /// The record for an object, which stands in the bytes without an envelope; `nil` for one that does not matter.
    public typealias Decode = @Sendable (ObjectEncoding, Span<UInt8>) throws(WireError) -> Record?

    let decode: Decode

    public init(_ decode: @escaping Decode) { self.decode = decode }

    /// From a whole object of a kind that is read directly.
    public init<Object: WireObject>(_ object: Object.Type, _ record: @escaping @Sendable (Object) -> Record?) {
        decode = { (encoding, bytes) throws(WireError) in record(try Object(encoding, in: bytes)) }
    }

    /// From pods, of which only those that `selection` finds are read at all.
    public static func pods(
        _ selection: PodSelection, _ record: @escaping @Sendable (Pod) -> Record?
    ) -> RecordDecoder {
        RecordDecoder { (encoding, bytes) throws(WireError) in
            try selection.pod(encoding, in: bytes).flatMap(record)
        }
    }
}
