import HTTPTransport
import Synchronization
import TestSupport

@testable import Transfer

/// A store in memory whose requests fail as a seed says: the same seed fails in the same way for the same requests.
final class MemoryStore: ObjectStore {
    enum Fault: CaseIterable {
        case reset, cutShort, slowDown, serverError, damaged, replaced
    }

    struct State {
        var objects: [String: [UInt8]] = [:]
        var etags: [String: Int] = [:]
        var uploads: [String: [Int: [UInt8]]] = [:]
        var begun = 0
        var aborted: [String] = []
        /// Uploads still to be ended by somebody else, each at its second part.
        var endings = 0
        /// Of uploads, where a test says it.
        var initiated: [String: String] = [:]
        /// Reads whose bytes are still to be damaged, each at another place.
        var damages = 0
        var reads: [String: Int] = [:]
        var writes: [String: Int] = [:]
        var stats = 0
        var pages = 0
        var generator: SeededGenerator
        var running = 0
        var mostRunning = 0
    }

    let state: Mutex<State>
    let traits: StoreTraits
    private let faults: [Fault]
    /// Of 100 requests.
    private let faultRate: UInt64
    private let pageSize: Int
    /// Asked for an object it cannot say so, as over HTTP.
    private let bucketIsMissing: Bool
    /// Of all objects.
    private let modified: String?
    /// As S3: a listing says that there is a checksum, and not which.
    private let namesChecksums: Bool

    init(
        _ objects: [String: [UInt8]] = [:], faults: [Fault] = [], faultRate: UInt64 = 30, seed: UInt64 = 1,
        ranges: Bool = true, multipart: Bool = true, pageSize: Int = 1000, bucketIsMissing: Bool = false,
        modified: String? = nil, namesChecksums: Bool = false
    ) {
        self.modified = modified
        self.namesChecksums = namesChecksums
        self.bucketIsMissing = bucketIsMissing
        state = Mutex(State(objects: objects, generator: SeededGenerator(seed: seed)))
        self.faults = faults
        self.faultRate = faultRate
        self.pageSize = pageSize
        traits = StoreTraits(
            ranges: ranges, lists: true,
            multipart: multipart ? MultipartLimits(minimumPart: 1, maximumPart: 5 << 30, maximumParts: 10_000) : nil,
            checksum: .crc32c, listsUploads: true)
    }

    private func nextFault() -> Fault? {
        state.withLock { state in
            guard !faults.isEmpty, state.generator.next() % 100 < faultRate else { return nil }
            return faults[Int(state.generator.next() % UInt64(faults.count))]
        }
    }

    private func fail(_ fault: Fault, _ key: String) throws(TransferError) {
        switch fault {
        case .reset: throw TransferError(key, .network, "connection reset")
        case .slowDown: throw TransferError(key, .throttled(retryAfter: nil), "slow down")
        case .serverError: throw TransferError(key, .server(status: 500), "internal error")
        case .cutShort, .damaged, .replaced: break
        }
    }

    private static func crc(_ bytes: [UInt8]) -> Checksum {
        var crc = CRC()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.checksum
    }

    private func describe(_ key: String) throws(TransferError) -> (ObjectInfo, [UInt8]) {
        let found = state.withLock { state in state.objects[key].map { ($0, state.etags[key] ?? 0) } }
        guard let (bytes, version) = found else {
            throw TransferError(key, .notFound, "no such object")
        }
        let info = ObjectInfo(
            key: key, size: Int64(bytes.count), etag: "\"\(bytes.count)-\(version)\"", lastModified: modified,
            checksum: Self.crc(bytes))
        return (info, bytes)
    }

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        state.withLock { $0.stats += 1 }
        if let fault = nextFault() { try fail(fault, key) }
        return try describe(key).0
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        if let fault = nextFault() { try fail(fault, prefix) }
        if bucketIsMissing { throw TransferError(prefix, .noBucket, "no such bucket") }
        let keys = state.withLock { state in
            state.pages += 1
            let last = token ?? ""
            return state.objects.keys.filter { $0.utf8.starts(with: prefix.utf8) && $0 > last }.sorted().prefix(
                pageSize)
        }
        let objects = try keys.map { (key) throws(TransferError) in
            var info = try describe(key).0
            (info.checksum, info.hasChecksum) = (nil, namesChecksums)
            return info
        }
        return ObjectPage(objects: objects, next: keys.count == pageSize ? keys.last : nil)
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo {
        state.withLock {
            $0.reads[key, default: 0] += 1
            $0.running += 1
            $0.mostRunning = max($0.mostRunning, $0.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        let fault = nextFault()
        if let fault { try fail(fault, key) }
        if fault == .replaced { state.withLock { $0.etags[key, default: 0] += 1 } }
        let (info, bytes) = try describe(key)
        if let etag = matching?.etag, etag != info.etag {
            throw TransferError(key, .changed, "another object now")
        }
        var piece = bytes[Int(range?.lowerBound ?? 0)..<Int(range?.upperBound ?? Int64(bytes.count))]
        if fault == .damaged, !piece.isEmpty { piece[piece.startIndex] ^= 1 }
        let damage = state.withLock { state in
            defer { state.damages -= state.damages > 0 ? 1 : 0 }
            return state.damages
        }
        if damage > 0, !piece.isEmpty { piece[piece.startIndex + damage % piece.count] ^= 1 }
        if fault == .cutShort { piece = piece.prefix(piece.count / 2) }
        guard case .proceed = sink.begin(info, reading: ReadingHandle {}) else {
            throw TransferError(key, .cancelled, "sink stopped")
        }
        let content = Array(piece)
        for start in stride(from: 0, to: content.count, by: 16 << 10) {
            await Task.yield()
            let step = content[start..<min(start + 16 << 10, content.count)].withUnsafeBytes { sink.write($0) }
            if case .stop(let why) = step {
                throw TransferError(key, .protocolViolation, why)
            }
        }
        if fault == .cutShort { throw TransferError(key, .network, "closed early") }
        return info
    }

    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        let fault = nextFault()
        if let fault { try fail(fault, key) }
        let bytes = try Self.drain(content, key)
        if fault == .cutShort { throw TransferError(key, .network, "closed early") }
        if let checksum = attributes.checksum, checksum != Self.crc(bytes) {
            throw TransferError(key, .checksum(expected: "", found: ""), "bad digest")
        }
        state.withLock {
            $0.objects[key] = bytes
            $0.writes[key, default: 0] += 1
        }
        return try describe(key).0
    }

    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
    {
        if let fault = nextFault() { try fail(fault, key) }
        let id = state.withLock { state in
            let id = "\(key)#\(state.begun)"
            state.begun += 1
            state.uploads[id] = [:]
            return id
        }
        return Upload(store: self, key: key, id: id)
    }

    func resumeMultipart(_ key: String, id: String) throws(TransferError) -> any MultipartUpload {
        Upload(store: self, key: key, id: id)
    }

    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload] {
        state.withLock { state in
            state.uploads.keys.sorted().compactMap { id in
                guard let key = id.split(separator: "#").first, key.hasPrefix(prefix) else { return nil }
                return UnfinishedUpload(key: String(key), id: id, initiated: state.initiated[id])
            }
        }
    }

    private static func drain(_ content: any ObjectContent, _ key: String) throws(TransferError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            switch buffer.withUnsafeMutableBytes({ content.read(into: $0) }) {
            case .filled(let count): bytes += buffer[..<count]
            case .end, .pause: return bytes
            case .fail(let why): throw TransferError(key, .network, why)
            }
        }
    }

    private struct Upload: MultipartUpload {
        let store: MemoryStore
        let key: String
        let id: String

        func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
            -> PartTag
        {
            let fault = store.nextFault()
            if let fault { try store.fail(fault, key) }
            let bytes = try MemoryStore.drain(content, key)
            if fault == .cutShort { throw TransferError(key, .network, "closed early") }
            let known = store.state.withLock { state in
                state.writes[key, default: 0] += 1
                if number == 2, state.endings > 0 {
                    state.endings -= 1
                    state.uploads[id] = nil
                }
                state.uploads[id]?[number] = bytes
                return state.uploads[id] != nil
            }
            guard known else { throw TransferError(key, .uploadEnded, "no such upload") }
            let crc = MemoryStore.crc(bytes)
            return PartTag(number: number, etag: crc.hex, checksum: crc, size: Int64(bytes.count))
        }

        func storedParts() async throws(TransferError) -> [PartTag] {
            let parts = store.state.withLock { $0.uploads[id] }
            guard let parts else { throw TransferError(key, .notFound, "no such upload") }
            return parts.sorted { $0.key < $1.key }.map {
                let crc = MemoryStore.crc($0.value)
                return PartTag(number: $0.key, etag: crc.hex, checksum: crc, size: Int64($0.value.count))
            }
        }

        func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo {
            if let fault = store.nextFault() { try store.fail(fault, key) }
            store.state.withLock { state in
                let stored = state.uploads.removeValue(forKey: id) ?? [:]
                state.objects[key] = parts.flatMap { stored[$0.number] ?? [] }
            }
            return try store.describe(key).0
        }

        func abort() async throws(TransferError) {
            store.state.withLock {
                $0.uploads[id] = nil
                $0.aborted.append(id)
            }
        }
    }
}

/// Every `mem://bucket/key` is in one store.
struct MemoryResolver: StoreResolver {
    let store: MemoryStore

    func resolve(_ url: String, _ settings: StoreSettings) throws(TransferError) -> ResolvedURL {
        let base = "mem://bucket/"
        guard url.hasPrefix(base) else {
            throw TransferError(url, .configuration, "no such store")
        }
        return ResolvedURL(store: store, base: base, key: String(url.dropFirst(base.count)))
    }
}

/// Two servers: `one://a/key` and `two://b/key`.
struct TwoStores: StoreResolver {
    let first: MemoryStore
    let second: MemoryStore

    func resolve(_ url: String, _ settings: StoreSettings) throws(TransferError) -> ResolvedURL {
        let isFirst = url.hasPrefix("one://")
        return ResolvedURL(
            store: isFirst ? first : second, base: isFirst ? "one://a/" : "two://b/", key: String(url.dropFirst(8)))
    }
}

/// Of parts of 64 KiB, which tries again at once.
func engine(_ store: MemoryStore, _ change: (inout TransferConfiguration) -> Void = { _ in })
    -> TransferEngine
{
    var configuration = TransferConfiguration(partSize: 64 << 10, retry: quickRetries, durable: false)
    change(&configuration)
    return TransferEngine(stores: MemoryResolver(store: store), configuration: configuration)
}
