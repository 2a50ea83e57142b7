internal import Glibc

/// Fetches single objects into files of a confined folder: small ones in one request, large ones in ranges at once.
struct Download: Sendable {
    let streams: StreamTransfer
    let folder: ConfinedFolder
    let placer: Placer
    var requests: StoreRequests { streams.requests }
    var configuration: TransferConfiguration { streams.configuration }
    var meter: TransferMeter { streams.meter }

    /// Returns when the file stands complete and verified under its final name.
    ///
    /// The last resort, whatever a server says of itself, is one plain GET whose answer alone counts.
    func run(_ item: FetchItem) async throws(TransferError) -> FetchedRecord {
        var item = item
        var seen: [TransferError] = []
        while true {
            do throws(TransferError) {
                return try await fetch(item)
            } catch  where !item.isPlain && isLastResort(after: error, seen) && !Task.isCancelled {
                item.isPlain = true
                requests.onEvent(
                    .told(item.url, "\(error.message); it is read in one plain request, whose answer alone counts"))
            } catch
                where StoreRetries.beginsAnew(after: error, seen) && seen.count < configuration.retry.restarts
                && !Task.isCancelled
            {
                item.info = nil
                seen.append(error)
                requests.tellRestart(error, attempt: seen.count)
            }
        }
    }

    /// Whether it is the server that contradicts itself: an object that changes does not change in the same way twice, and
    /// seldom with every answer.
    private func isLastResort(after error: TransferError, _ seen: [TransferError]) -> Bool {
        error.reason == .protocolViolation
            || error.reason == .changed && (seen.contains(error) || seen.count >= configuration.retry.restarts)
    }

    private func fetch(_ item: FetchItem) async throws(TransferError) -> FetchedRecord {
        let info = item.isPlain ? ObjectInfo.plain(item.key) : try await describe(item)
        if item.unpack == .auto, let record = try await unpacked(item, info) { return record }
        let file = try TemporaryFile(in: folder, for: item.destination)
        defer { file.discard() }
        let content = try await fetched(item, info, into: file)
        let identity = try await placer.place(file, at: item.destination)
        return record(item, content, identity)
    }

    /// The object's content, read and verified.
    func fetched(_ item: FetchItem, _ info: ObjectInfo, into file: TemporaryFile) async throws(TransferError)
        -> FetchedContent
    {
        let content = try await read(item, info, into: file)
        try await verify(item, content, file)
        return content
    }

    /// The file that stands at the destination already, where that is wanted and it is the object.
    func existing(_ item: FetchItem) async throws(TransferError) -> FetchedRecord? {
        // What is no regular file is in the way, and said to be when the object is to take its place.
        guard configuration.skipsExisting, item.unpack == .never, item.sha256 == nil,
            let descriptor = try? folder.openFile(item.destination, O_RDONLY | O_NONBLOCK),
            let file = try? SourceFile(descriptor: descriptor, display: folder.display(item.destination))
        else { return nil }
        var info = item.info ?? ObjectInfo(key: item.key, size: nil)
        if let size = info.size, size != file.identity.size { return nil }
        if info.size == nil || info.checksum == nil && (info.hasChecksum || info.lastModified == nil) {
            info = try await requests.stat(item.store, item.key, item.url)
        }
        guard try await file.isSame(as: info, .fetched, meter) else { return nil }
        return FetchedRecord(
            path: item.destination, url: item.url, size: file.identity.size, etag: info.etag,
            versionID: info.versionID, file: file.identity)
    }

    /// What fetching it would bring; throws what keeps it from being fetched, as far as asking tells.
    func planned(_ item: FetchItem) async throws(TransferError) -> TransferredFile {
        let source = StreamTransfer.End(store: item.store, key: item.key, url: item.url)
        return TransferredFile(planned: try await streams.describe(source, item.info), item.destination, item.url)
    }

    func record(_ item: FetchItem, _ content: FetchedContent, _ identity: FileIdentity) -> FetchedRecord {
        FetchedRecord(
            path: item.destination, url: item.url, size: content.size, etag: content.info.etag,
            versionID: content.info.versionID, sha256: item.sha256.map { Checksum(.sha256, $0).hex }, file: identity)
    }

    /// An object that is missing is told apart from a bucket that is, which no HEAD says.
    func missingBucket(_ item: FetchItem) async -> TransferError? {
        guard item.store.traits.lists else { return nil }
        let page = await Result { () async throws(TransferError) in
            try await requests.run(item.url, bytes: 0) { () async throws(TransferError) in
                try await item.store.list(prefix: item.key, after: nil)
            }
        }
        guard case .failure(let error) = page, error.reason == .noBucket else { return nil }
        return error
    }

    /// Asks the store only for what the listing leaves open and the plan needs.
    private func describe(_ item: FetchItem) async throws(TransferError) -> ObjectInfo {
        if let info = item.info, let size = info.size {
            let wantsChecksum =
                configuration.verifiesStoreChecksums && info.checksum == nil && item.store.traits.checksum != nil
            if size <= RangePlan.singleRequestLimit(configuration.partSize) || !wantsChecksum { return info }
        }
        return try await requests.stat(item.store, item.key, item.url)
    }

    private func read(_ item: FetchItem, _ info: ObjectInfo, into file: TemporaryFile) async throws(TransferError)
        -> FetchedContent
    {
        let plan = RangePlan(size: info.size, storedPart: info.partSize, partSize: configuration.partSize)
        // Without a validator nobody could tell that two ranges are of one version.
        if plan.isSingle || !item.store.traits.ranges || !info.ranges || !info.isPinned {
            return try await readWhole(item, info, into: file)
        }
        try file.preallocate(plan.size)
        do throws(TransferError) {
            return try await readRanges(item, info, plan, into: file)
        } catch  where error.reason == .protocolViolation {
            // A web server that ignores ranges: everything in one answer then.
            return try await readWhole(item, info, into: file)
        }
    }

    // MARK: - One request

    private func readWhole(_ item: FetchItem, _ info: ObjectInfo, into file: TemporaryFile)
        async throws(TransferError) -> FetchedContent
    {
        let sink = RangeSink(
            file: file, end: info.size, pageCache: configuration.pageCache, meter: meter,
            checksum: configuration.verifiesStoreChecksums ? .theStores : .nothing)
        if let size = info.size, size > Int64(RangeSink.bufferSize) { try file.preallocate(size) }
        let resumes = item.store.traits.ranges && info.ranges && info.isPinned && info.size != nil
        let read = try await requests.run(
            item.url, bytes: RangeSink.buffered(start: 0, end: info.size), counting: sink, resumes: resumes,
            length: info.size ?? .max
        ) { () async throws(TransferError) in
            if sink.position > 0, !resumes { sink.restart() }
            var range: Range<Int64>?
            if resumes, let size = info.size, sink.position > 0 { range = sink.position..<size }
            return try await receive(item, range, matching: info, into: sink)
        }
        if info.size == nil { try file.truncate(to: sink.position) }
        return FetchedContent(
            info: read, size: sink.position, expected: read.wholeChecksum(or: info), found: sink.checksum?.checksum,
            sha256: item.sha256 == nil ? nil : sink.withWholeContent { DigestTimer.sha256($0, meter) })
    }

    private func receive(_ item: FetchItem, _ range: Range<Int64>?, matching info: ObjectInfo, into sink: RangeSink)
        async throws(TransferError) -> ObjectInfo
    {
        do throws(TransferError) {
            let read = try await item.store.read(item.key, range: range, matching: info, into: sink)
            try sink.finish(item.url)
            return read
        } catch {
            throw sink.failure ?? error
        }
    }

    // MARK: - Ranges

    private func readRanges(
        _ item: FetchItem, _ info: ObjectInfo, _ plan: RangePlan, into file: TemporaryFile
    ) async throws(TransferError) -> FetchedContent {
        let known = configuration.verifiesStoreChecksums ? info.checksum?.algorithm : nil
        let algorithm = known?.isJoinable == true ? known : nil
        let parts = try await inParallel(plan.count, atOnce: configuration.maximumConcurrency) {
            (index) async throws(TransferError) in
            let range = plan[index]
            let sink = RangeSink(
                file: file, start: range.lowerBound, end: range.upperBound, pageCache: configuration.pageCache,
                meter: meter, checksum: algorithm.map { .known($0) } ?? .nothing)
            let read = try await readRange(item, info, sink, upTo: range.upperBound)
            return (sum: sink.checksum?.checksum, length: Int64(range.count), isComposite: read.isComposite)
        }
        // What the answers say of the checksum counts more than what was said before.
        let isComposite = parts.contains(where: \.isComposite)
        let found = algorithm.flatMap { CRC.joining(parts.map { ($0.sum, $0.length) }, $0) }
        return FetchedContent(
            info: info, size: plan.size, expected: info.checksum, found: isComposite ? nil : found, sha256: nil)
    }

    private func readRange(_ item: FetchItem, _ info: ObjectInfo, _ sink: RangeSink, upTo end: Int64)
        async throws(TransferError) -> ObjectInfo
    {
        let bytes = RangeSink.buffered(start: sink.start, end: end)
        let read = try await requests.run(
            item.url, bytes: bytes, counting: sink, resumes: true, length: end - sink.start
        ) { () async throws(TransferError) in
            try await receive(item, sink.position..<end, matching: info, into: sink)
        }
        if configuration.pageCache == .drop { await BlockingPool.shared.run { sink.dropPages() } }
        return read
    }
}

extension Result {
    init(_ body: () async throws(Failure) -> Success) async {
        do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
    }

    init(_ body: () throws(Failure) -> Success) {
        do throws(Failure) { self = .success(try body()) } catch { self = .failure(error) }
    }
}

/// One object on its way to one file.
struct FetchItem: Sendable {
    var store: any ObjectStore
    var key: String
    /// Fit for messages and records.
    var url: String
    /// What the listing said, so that no request is spent on asking.
    var info: ObjectInfo?
    /// Below the folder of inputs.
    var destination: String
    var sha256: [UInt8]?
    var unpack: InputRequest.Unpack
    var optional: Bool
    /// Read in one request that asks for nothing in particular and believes nothing that was said before.
    var isPlain = false
}

/// What was read of an object, before anybody else sees it.
struct FetchedContent: Sendable {
    var info: ObjectInfo
    var size: Int64
    /// The store's checksum of the whole object, and the one found.
    var expected: Checksum?
    var found: Checksum?
    /// Of the content, where it was cheap to have already.
    var sha256: [UInt8]?
}

extension Download {
    /// Compares the store's checksum and the user's. Throws `.checksum`, naming both values.
    private func verify(_ item: FetchItem, _ content: FetchedContent, _ file: TemporaryFile) async throws(TransferError)
    {
        try content.expected?.compare(with: content.found, of: item.url)
        guard let wanted = item.sha256 else { return }
        let found: [UInt8]
        if let known = content.sha256 {
            found = known
        } else {
            let (size, meter) = (content.size, meter)
            found = try await BlockingPool.shared.run { (isCancelled) throws(TransferError) in
                try DigestTimer.sha256(of: file, size: size, meter, isCancelled)
            }
        }
        guard found == wanted else { throw .wrong(item, found) }
    }
}

extension Checksum {
    /// Throws `.checksum` where this, which the store tells, is not what was found of an object, by the same algorithm.
    func compare(with found: Checksum?, of object: String) throws(TransferError) {
        guard let found, found.algorithm == algorithm, found != self else { return }
        throw .mismatch(object, self, found, hint: "the object is damaged in the store, or always on its way")
    }
}

extension TransferError {
    /// Not what the user said it would be.
    static func wrong(_ item: FetchItem, _ found: [UInt8]) -> TransferError {
        .mismatch(
            item.url, Checksum(.sha256, item.sha256 ?? []), Checksum(.sha256, found),
            hint: "compare the digest in the configuration with the object's source")
    }

    static func mismatch(_ object: String, _ expected: Checksum, _ found: Checksum, hint: String) -> TransferError {
        TransferError(
            object, .checksum(expected: expected.hex, found: found.hex),
            "its \(expected.algorithm.rawValue) is \(found.hex), expected \(expected.hex)", hint: hint)
    }
}
