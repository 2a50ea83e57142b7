/// A store that copies objects by itself: their bytes do not pass through here, and what it keeps of them (metadata, tags,
/// checksums) stays. Methods make one attempt each, as all of a store's.
protocol CopyingStore: ObjectStore {
    /// Bytes that one request copies at most; what is larger goes in parts.
    var largestCopy: Int64 { get }

    /// Whether it may copy from there: the same service, reached in the same way.
    func reaches(_ source: any ObjectStore) -> Bool

    /// Copies an object whole. Throws `.changed` where the source is not that very version any more.
    func copy(_ source: CopySource, to key: String) async throws(TransferError) -> ObjectInfo

    /// Begins an upload whose parts are ranges of `source`, and which becomes what the source is said to be.
    func beginCopy(_ source: CopySource, to key: String) async throws(TransferError) -> any CopyingUpload
}

protocol CopyingUpload: MultipartUpload {
    /// Part `number` (from 1), a range of the source; refused where the source is not that very version any more.
    func part(_ number: Int, _ range: Range<Int64>, of source: CopySource) async throws(TransferError) -> PartTag
}

/// One version of an object that a store is to copy.
struct CopySource: Sendable {
    var store: any ObjectStore
    var key: String
    /// Its validators go with every request.
    var info: ObjectInfo
}

extension StreamTransfer {
    /// Bytes of one part of what is too large for one request: each takes the store some seconds.
    private static let copiedPart: Int64 = 512 << 20

    /// Bytes of the object, copied by its own store; `nil` where the two places have none in common, or it refuses.
    func copyInStore(_ from: End, _ info: ObjectInfo, to target: End) async throws(TransferError) -> Int64? {
        guard let store = target.store as? any CopyingStore, store.reaches(from.store), info.isPinned,
            let size = info.size, !copiesNothing.isSet
        else { return nil }
        let source = CopySource(store: from.store, key: from.key, info: info)
        do throws(TransferError) {
            let copy =
                size <= configuration.partSize ?? store.largestCopy || size == 0
                ? try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
                    try await store.copy(source, to: target.key)
                } : try await copyParts(source, size, store, to: target)
            try compare(copy, with: info, target)
            meter.add(moved: Int(size))
            return size
        } catch  where error.isRefusalToCopy {
            // What the server does not know at all is not asked for with every object.
            if error.reason != .permission { copiesNothing.set() }
            requests.onEvent(
                .told(target.url, "the store does not copy it by itself (\(error.message)); it passes through here"))
            return nil
        }
    }

    private func copyParts(_ source: CopySource, _ size: Int64, _ store: any CopyingStore, to target: End)
        async throws(TransferError) -> ObjectInfo
    {
        guard
            let plan = PartPlan(
                size: size, limits: store.traits.multipart, partSize: configuration.partSize ?? Self.copiedPart)
        else { return try await store.copy(source, to: target.key) }
        let upload = try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
            try await store.beginCopy(source, to: target.key)
        }
        return try await ending(upload, target) { () async throws(TransferError) in
            try await inParallel(plan.count, atOnce: configuration.maximumConcurrency) {
                (index) async throws(TransferError) in
                try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
                    try await upload.part(index + 1, plan[index], of: source)
                }
            }
        }
    }

    /// A copy is the object where the store tells so much of both.
    private func compare(_ copy: ObjectInfo, with info: ObjectInfo, _ target: End) throws(TransferError) {
        if let found = copy.size, let size = info.size, found != size {
            throw TransferError(
                target.url, .length(expected: size, found: found),
                "the store's copy has \(found) bytes, the object \(size)")
        }
        if let found = copy.checksum, let expected = info.checksum, found.algorithm == expected.algorithm,
            !copy.isComposite, !info.isComposite, found != expected
        {
            throw .mismatch(target.url, expected, found, hint: "the object was damaged in the store; copy it again")
        }
    }
}

extension TransferError {
    /// The store can or may not copy: then the bytes can still be read and written.
    fileprivate var isRefusalToCopy: Bool {
        switch reason {
        case .permission, .configuration, .protocolViolation: true
        case .server(let status): (400..<500).contains(status) || status == 501
        default: false
        }
    }
}
