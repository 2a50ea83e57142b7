public import Basics
public import KubeClient
public import KubeModel
public import Logging
internal import Synchronization

/// Keeps a cache of one kind of objects synced with the server by list and watch, and hands every change to a handler.
///
/// What it guarantees: each object that matters is reported as added once, then as updated whenever its record is
/// another, then as removed once, also where that happened while the server was away. States in between may be skipped.
///
/// The handler is given changes in order, and nothing more is read from the server until it returns: a slow handler
/// holds back the watch, and costs no memory. Objects of the same name follow each other under different uids; after a
/// break the new one may be reported before the old one's removal. While the whole state breaks off again and again, and
/// objects come and go, one may be reported as removed because it was not seen lately, and as added when it is.
///
/// An object that cannot be read counts as one that does not matter: it is logged by name, counted, and skipped.
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

    /// Whether the whole state has been listed and handed to the handler.
    public var hasSynced: Bool { loop.hasSynced.withLock { $0 } }

    /// Why list or watch fails at the moment, so that the cache may be stale; `nil` while all is well.
    public var trouble: String? { loop.trouble.withLock { $0 } }

    /// Lists everything again soon, because what matters has changed: records that were `nil` may not be now. Objects
    /// whose version has not changed are decoded as well.
    public func relist() { loop.requestRelist() }
}

/// How an informer runs.
public struct InformerOptions: Sendable {
    public var metrics: InformerMetrics?
    public var logger: Logger
    public var time: Timepiece
    /// Decides delays and the watch's length. Random, so that informers do not ask all at once.
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

/// A change that an informer hands to its handler.
public enum ObjectChange<Record: Sendable>: Sendable {
    case added(ObjectUID, Record)
    case updated(ObjectUID, from: Record, to: Record)
    /// Deleted, or of no interest any more; with what was last known.
    case removed(ObjectUID, Record)
    /// The cache has synced: the whole state was reported. Comes once, behind it.
    case synced
}

extension ObjectChange: Equatable where Record: Equatable {}

/// How objects become the compact records that a caller keeps.
public struct RecordDecoder<Record: Sendable>: Sendable {
    /// The record for an object, which stands in the bytes without an envelope; `nil` for one that does not matter.
    /// Throws for one that cannot be read.
    public typealias Decode = @Sendable (ObjectEncoding, Span<UInt8>) throws(WireError) -> Record?

    let decode: Decode
    /// What the cache keeps of a record.
    private(set) var kept: @Sendable (Record) -> Record = { $0 }

    public init(_ decode: @escaping Decode) { self.decode = decode }

    /// From a whole object of a kind that is read directly.
    public init<Object: WireObject>(_ object: Object.Type, _ record: @escaping @Sendable (Object) -> Record?) {
        decode = { (encoding, bytes) throws(WireError) in record(try Object(encoding, in: bytes)) }
    }

    /// The same, with records of which the handler gets more than the cache keeps. A record is another than the one before
    /// if what is kept of it is.
    public func keeping(_ kept: @escaping @Sendable (Record) -> Record) -> RecordDecoder {
        var copy = self
        copy.kept = kept
        return copy
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
