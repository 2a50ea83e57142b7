internal import Basics
internal import HTTPTransport

/// A place that holds objects: one bucket, one web server, one folder tree. Methods make one attempt each; whether to
/// try again is the engine's decision (`StoreRetries`), so that budgets and back-off have one home.
protocol ObjectStore: Sendable {
    var traits: StoreTraits { get }

    /// Size and validators of one object.
    func stat(_ key: String) async throws(TransferError) -> ObjectInfo

    /// One page of the objects whose key starts with `prefix`, in the store's order.
    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage

    /// The same of the objects that may be meant alone, where the store can tell without looking at all.
    /// - Parameter reaches: whether something below a folder, named without its `/`, may be meant.
    func list(prefix: String, after token: String?, entering reaches: @Sendable (String) -> Bool)
        async throws(TransferError) -> ObjectPage

    /// Reads the object, or a range of its bytes, into `sink`. With `matching` the store must refuse (`.changed`) when
    /// the object is no longer that one. A store that ignores ranges ends in `.protocolViolation` before a byte is
    /// given to the sink.
    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo

    /// Stores a whole object in one request.
    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo

    /// Starts an upload in parts. Throws `.configuration` where `traits.multipart` is nil.
    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload

    /// Goes on with an upload that was begun earlier, perhaps by an agent that has died. Asks nothing of the store.
    func resumeMultipart(_ key: String, id: String) throws(TransferError) -> any MultipartUpload

    /// Uploads under `prefix` that are neither complete nor aborted.
    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload]
}

/// For stores that know no uploads in parts, and no folders.
extension ObjectStore {
    func list(prefix: String, after token: String?, entering reaches: @Sendable (String) -> Bool)
        async throws(TransferError) -> ObjectPage
    {
        try await list(prefix: prefix, after: token)
    }

    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
    {
        throw Self.noParts(key)
    }

    func resumeMultipart(_ key: String, id: String) throws(TransferError) -> any MultipartUpload {
        throw Self.noParts(key)
    }

    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload] { [] }

    private static func noParts(_ key: String) -> TransferError {
        TransferError(key, .configuration, "this store takes no uploads in parts")
    }
}

struct StoreTraits: Sendable, Equatable {
    /// Ranged reads are honoured as far as is known before the first request.
    var ranges: Bool
    var lists: Bool
    var multipart: MultipartLimits?
    /// Checksum the store verifies on upload and returns on download, cheapest first.
    var checksum: ChecksumAlgorithm?
    /// `unfinishedUploads` tells of all there are.
    var listsUploads = false
    /// A key is path and query as they stand in a URL, the query perhaps a signature.
    var keysAreURLs = false

    /// A file's path as it stands in a key.
    func inKey(_ path: String) -> String { keysAreURLs ? PercentEncoding.encode(path, keeping: "/") : path }
}

struct MultipartLimits: Sendable, Equatable {
    /// Bytes.
    var minimumPart: Int64
    var maximumPart: Int64
    var maximumParts: Int
}

struct ObjectInfo: Sendable, Equatable {
    var key: String
    /// Bytes; `nil` where the server does not say (chunked).
    var size: Int64?
    /// As the server sent it, quotes included.
    var etag: String?
    var versionID: String?
    var lastModified: String?
    /// The store's own checksum of the whole object, where it has one.
    var checksum: Checksum?
    /// Bytes of one stored part, where the object was stored in parts: good boundaries for ranges.
    var partSize: Int64?
    /// Whether ranges of it can be read, as far as is known.
    var ranges: Bool
    /// A listing says that the store has a checksum of the whole object, which is told to who asks for it.
    var hasChecksum = false
    /// The store says that its checksum is one of the parts' checksums, which tells nothing of the content.
    var isComposite = false

    init(
        key: String, size: Int64?, etag: String? = nil, versionID: String? = nil, lastModified: String? = nil,
        checksum: Checksum? = nil, partSize: Int64? = nil, ranges: Bool = true
    ) {
        self.key = key
        // What no object can have was never said: nothing that counts with sizes is to overflow.
        self.size = size.flatMap { (0...1 << 60).contains($0) ? $0 : nil }
        self.etag = etag
        self.versionID = versionID
        self.lastModified = lastModified
        self.checksum = checksum
        self.partSize = partSize
        self.ranges = ranges
    }
}

extension ObjectInfo {
    /// Of an object of which nothing is believed before it is read, in one plain request whose answer alone counts.
    static func plain(_ key: String) -> ObjectInfo { ObjectInfo(key: key, size: nil, ranges: false) }
}

struct ObjectPage: Sendable, Equatable {
    var objects: [ObjectInfo]
    /// `nil` after the last page.
    var next: String?
    /// What stands there and is no object, by key, with the reason.
    var leftOut: [LeftOut] = []

    struct LeftOut: Sendable, Equatable {
        var key: String
        var why: String
    }

    /// This page, which came behind `token`. Throws `.protocolViolation` where what follows is this page again: such a
    /// listing would never end.
    func getting(on token: String?, of object: String) throws(TransferError) -> ObjectPage {
        guard token == nil || next != token else {
            throw TransferError(
                object, .protocolViolation,
                "the listing does not get on: the server gave the same continuation token again")
        }
        return self
    }
}

struct ObjectAttributes: Sendable, Equatable {
    var contentType: String?
    var metadata: [String: String] = [:]
    var checksum: Checksum?

    static let defaultType = "application/octet-stream"
    var type: String { contentType ?? Self.defaultType }
}

/// An upload in parts; either `complete` or `abort` ends it.
protocol MultipartUpload: Sendable {
    /// Names the upload in a journal, so that a restarted agent can go on or abort it.
    var id: String { get }
    /// Stores part `number` (from 1); the returned tag goes into `complete`.
    func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    /// The parts stored so far, in order: what a resumed upload need not send again.
    func storedParts() async throws(TransferError) -> [PartTag]
    /// Joins the parts into the object. Where every part carries size and CRC, the store compares the whole's.
    func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo
    func abort() async throws(TransferError)
}

extension MultipartUpload {
    /// As `abort`, and also in a task that is cancelled, where the very request would be stopped: in one of its own, for which a
    /// cancelled one waits half a second at most, because its process is about to end. Throws `.timeout` then.
    func abortAnyway() async throws(TransferError) {
        let limit: Duration = Task.isCancelled ? .milliseconds(500) : .seconds(30)
        let outcome = await Task {
            await withTaskGroup(of: Result<Void, TransferError>?.self) { group in
                group.addTask { await Result { () async throws(TransferError) in try await abort() } }
                group.addTask {
                    try? await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                return await group.next() ?? nil
            }
        }.value
        guard let outcome else {
            throw TransferError(id, .timeout, "the store did not answer in time")
        }
        try outcome.get()
    }
}

struct PartTag: Sendable, Equatable {
    var number: Int
    var etag: String
    var checksum: Checksum?
    /// Bytes.
    var size: Int64?
}

extension [PartTag] {
    /// Bytes of all together; `nil` unless each tells its own.
    var size: Int64? {
        let sizes = compactMap(\.size)
        return sizes.count == count ? sizes.reduce(0, +) : nil
    }

    /// Of all together; `nil` unless each, in their order, has its own and its size.
    func checksum(_ algorithm: ChecksumAlgorithm) -> Checksum? {
        size.flatMap { _ in CRC.joining(map { ($0.checksum, $0.size ?? 0) }, algorithm) }
    }
}

/// An upload that was begun and neither completed nor aborted.
struct UnfinishedUpload: Sendable, Equatable {
    var key: String
    var id: String
    /// When it was begun, as the store writes it (RFC 3339).
    var initiated: String?

    /// Seconds since 1970; `nil` where the store does not say.
    var began: Int64? { initiated.flatMap { CivilTime(internet: $0)?.secondsSince1970 } }
}

extension ObjectInfo {
    /// A request can demand this very version, so that ranges of it belong together.
    var isPinned: Bool { versionID != nil || lastModified != nil || etag?.hasPrefix("W/") == false }

    /// The checksum to compare with, of an answer and what was said before it: whoever sends the bytes knows best.
    func wholeChecksum(or before: ObjectInfo) -> Checksum? { isComposite ? nil : checksum ?? before.checksum }

    /// What tells two objects apart that should be one, in words; `nil` where nothing does.
    func difference(from found: ObjectInfo) -> String? {
        if let old = size, let new = found.size, old != new { return "\(old) bytes became \(new)" }
        if let old = versionID, let new = found.versionID, old != new {
            return "version \(old.printable(limit: 80)) became \(new.printable(limit: 80))"
        }
        if let old = etag, let new = found.etag, Self.strong(old) != Self.strong(new) {
            return "ETag \(old.printable(limit: 80)) became \(new.printable(limit: 80))"
        }
        if etag == nil, let old = lastModified, let new = found.lastModified, old != new,
            CivilTime(http: old) != nil, CivilTime(http: new) != nil
        {
            return "modified \(new)"
        }
        return nil
    }

    /// Without the mark of weakness and the quotes, which some servers put on in one answer and leave out in another.
    private static func strong(_ etag: String) -> Substring {
        var text = etag[...]
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        return text
    }
}

/// Takes an object's bytes as a store gives them, from one thread at a time. The same sink may be given to one reading
/// after another, until the object is whole.
protocol ObjectSink: AnyObject, Sendable {
    /// The store answers what it was asked for: called before the first byte, with what the answer says of the object.
    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep
    /// `.pause` says that none of `bytes` was taken; they are given again after `ReadingHandle.resume()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> SinkStep
}

/// What takes and gives objects' bytes answers as what takes and gives a request's: most of them are one.
typealias SinkStep = HTTPSinkStep
typealias ReadingHandle = HTTPTransferHandle
/// The bytes that a store is to keep. None pauses.
typealias ObjectContent = HTTPBodySource
typealias ContentStep = HTTPSourceStep

extension ObjectContent {
    /// Throws `.configuration` for a store that must know the length before the content.
    func knownLength(_ object: String) throws(TransferError) -> Int64 {
        if let length { return length }
        throw TransferError(
            object, .configuration, "the length must be known before the content", hint: "upload it in parts")
    }
}
