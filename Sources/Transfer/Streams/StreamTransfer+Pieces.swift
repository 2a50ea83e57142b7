extension StreamTransfer {
    /// Bytes of ranges that are fetched before their turn.
    static let readAhead = 12 << 20

    /// The object's bytes in pieces, in order, each given to `body` once and what follows fetched meanwhile; length and
    /// checksum are compared before this returns what the store said of the object.
    ///
    /// Throws `.changed` where what was given can no longer become the object.
    @discardableResult
    func forEachPiece(
        of source: End, _ info: ObjectInfo, size piece: Int,
        _ body: ([UInt8]) async throws(TransferError) -> Void
    ) async throws(TransferError) -> ObjectInfo {
        guard let size = info.size, size > piece, servesRanges(source, info) else {
            return try await forEachPieceOfStream(of: source, info, size: piece, body)
        }
        let plan = RangePlan(size: size, storedPart: nil, partSize: Int64(piece))
        var given = 0
        do throws(TransferError) {
            try await forEachRange(of: source, info, plan) { (bytes) throws(TransferError) in
                given += 1
                try await body(bytes)
            }
            return info
        } catch  where error.reason == .protocolViolation && given == 0 {
            // A server that ignores ranges although it said otherwise.
            return try await forEachPieceOfStream(of: source, info, size: piece, body)
        }
    }

    /// Ranges fetched at once, and given in order.
    private func forEachRange(
        of source: End, _ info: ObjectInfo, _ plan: RangePlan, _ body: ([UInt8]) async throws(TransferError) -> Void
    ) async throws(TransferError) {
        let expected = configuration.verifiesStoreChecksums ? info.wholeChecksum(or: info) : nil
        var found = expected.map { ChecksumAccumulator($0.algorithm) }
        let ahead = max(2, Self.readAhead / Int(plan.part))
        try await inOrder(plan.count, ahead: ahead) { (index) async throws(TransferError) in
            try await read(source, info, plan[index], limit: plan.part)
        } _: { (_, part) async throws(TransferError) in
            if part.isComposite { found = nil }
            part.bytes.withUnsafeBytes { found?.update($0) }
            try await body(part.bytes)
        }
        try expected?.compare(with: found?.checksum, of: source.url)
    }

    /// In one stream: where the connection breaks, it goes on behind what was given.
    private func forEachPieceOfStream(
        of source: End, _ info: ObjectInfo, size piece: Int, _ body: ([UInt8]) async throws(TransferError) -> Void
    ) async throws(TransferError) -> ObjectInfo {
        let sink = PieceSink(
            piece: piece, meter: meter, checksum: configuration.verifiesStoreChecksums ? .theStores : .nothing)
        let result: Result<ObjectInfo, TransferError> = await withTaskGroup(of: ObjectInfo?.self) { group in
            group.addTask {
                // The reader waits for this request, and may make others meanwhile: were this one to take a place
                // among them, a limit of one could never be kept.
                let result = await Result { () async throws(TransferError) in
                    try await requests.run(source.url, bytes: nil, counting: sink, resumes: true) {
                        () async throws(TransferError) in try await take(source, info, into: sink)
                    }
                }
                sink.end(result.map { _ in })
                return try? result.get()
            }
            do throws(TransferError) {
                while let bytes = try await sink.next() { try await body(bytes) }
                return .success(await group.next().flatMap { $0 } ?? info)
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func take(_ source: End, _ info: ObjectInfo, into sink: PieceSink) async throws(TransferError) -> ObjectInfo
    {
        var range: Range<Int64>?
        let position = sink.position
        if position > 0, let size = info.size, servesRanges(source, info), position < size {
            range = position..<size
        } else {
            sink.expectRepetition()
        }
        let found: ObjectInfo
        do throws(TransferError) {
            found = try await source.store.read(source.key, range: range, matching: info, into: sink)
        } catch {
            guard sink.differs else { throw error }
            throw TransferError(
                source.url, .changed, "the object changed while it was read",
                hint: "it broke off after \(position) bytes, and began with others when asked again")
        }
        if let size = info.size, sink.position != size {
            throw TransferError(
                source.url, .length(expected: size, found: sink.position),
                "ended after \(sink.position) of \(size) bytes")
        }
        let expected = range == nil || found.isComposite ? found.wholeChecksum(or: info) : info.checksum
        try expected?.compare(with: sink.checksum, of: source.url)
        return found
    }

    /// Of one version, if it has a validator that says so.
    func servesRanges(_ source: End, _ info: ObjectInfo) -> Bool {
        source.store.traits.ranges && info.ranges && info.isPinned
    }

    /// The stretch, or the whole object, its length and the store's checksum compared.
    /// - Parameter limit: most bytes of an object whose size is not known.
    /// - Returns: also whether the store says now that its checksum is none of the content.
    func read(_ source: End, _ info: ObjectInfo, _ range: Range<Int64>?, limit: Int64) async throws(TransferError)
        -> (bytes: [UInt8], isComposite: Bool)
    {
        let expected = range.map { $0.upperBound - $0.lowerBound } ?? info.size
        let sink = MemorySink(limit: Int(expected ?? limit), meter: meter)
        return try await requests.run(source.url, bytes: 0, counting: sink, length: expected ?? limit) {
            () async throws(TransferError) in
            let found = try await source.store.read(source.key, range: range, matching: info, into: sink)
            if let expected, Int64(sink.bytes.count) != expected {
                throw TransferError(
                    source.url, .length(expected: expected, found: Int64(sink.bytes.count)),
                    "ended after \(sink.bytes.count) of \(expected) bytes")
            }
            if range == nil, configuration.verifiesStoreChecksums, let checksum = found.wholeChecksum(or: info) {
                try checksum.compare(with: Self.checksum(sink.bytes, checksum.algorithm), of: source.url)
            }
            return (sink.bytes, found.isComposite)
        }
    }

    @discardableResult
    func write(_ bytes: [UInt8], to target: End, _ attributes: ObjectAttributes = ObjectAttributes())
        async throws(TransferError) -> ObjectInfo
    {
        let store = target.store
        var attributes = attributes
        attributes.checksum = store.traits.checksum.map { Self.checksum(bytes, $0) }
        return try await requests.run(target.url, bytes: 0, length: Int64(bytes.count)) {
            () async throws(TransferError) in
            try await store.write(target.key, BytesSource(bytes), attributes)
        }
    }

    static func checksum(_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> Checksum {
        var accumulator = ChecksumAccumulator(algorithm)
        bytes.withUnsafeBytes { accumulator.update($0) }
        return accumulator.checksum
    }
}
