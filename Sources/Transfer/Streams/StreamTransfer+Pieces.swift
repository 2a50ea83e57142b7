extension StreamTransfer {
    /// The object's bytes in pieces, in order, each given to `body` once and the next fetched meanwhile. Where the
    /// connection breaks, it goes on behind what was given; length and checksum are compared before this returns.
    ///
    /// Throws `.changed` where what was given can no longer become the object.
    func forEachPiece(
        of source: End, _ info: ObjectInfo, size piece: Int,
        _ body: ([UInt8]) async throws(TransferError) -> Void
    ) async throws(TransferError) {
        let sink = PieceSink(
            piece: piece, meter: meter, checksum: configuration.verifiesStoreChecksums ? .theStores : .nothing)
        let failure: TransferError? = await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // The reader waits for this request, and may make others meanwhile: were this one to take a place
                // among them, a limit of one could never be kept.
                let result = await Result { () async throws(TransferError) in
                    try await requests.run(source.url, bytes: nil, counting: sink, resumes: true) {
                        () async throws(TransferError) in try await take(source, info, into: sink)
                    }
                }
                sink.end(result)
            }
            do throws(TransferError) {
                while let bytes = try await sink.next() { try await body(bytes) }
                return nil
            } catch {
                group.cancelAll()
                return error
            }
        }
        if let failure { throw failure }
    }

    private func take(_ source: End, _ info: ObjectInfo, into sink: PieceSink) async throws(TransferError) {
        var range: Range<Int64>?
        let position = sink.position
        if position > 0, let size = info.size, servesRanges(source, info), position < size {
            range = position..<size
        } else {
            sink.expectRepetition()
        }
        let found: ObjectInfo
        do throws(TransferError) {
            found = try await source.place.store.read(source.key, range: range, matching: info, into: sink)
        } catch {
            guard sink.differs else { throw error }
            throw TransferError(
                object: source.url, reason: .changed, message: "the object changed while it was read",
                hint: "it broke off after \(position) bytes, and began with others when asked again")
        }
        if let size = info.size, sink.position != size {
            throw TransferError(
                object: source.url, reason: .length(expected: size, found: sink.position),
                message: "ended after \(sink.position) of \(size) bytes")
        }
        let expected = range == nil || found.isComposite ? found.wholeChecksum(or: info) : info.checksum
        if let expected, let computed = sink.checksum, expected.algorithm == computed.algorithm, expected != computed {
            throw .mismatch(source.url, expected, computed, hint: "the object was damaged; fetch it again")
        }
    }

    /// Of one version, if it has a validator that says so.
    func servesRanges(_ source: End, _ info: ObjectInfo) -> Bool {
        source.place.store.traits.ranges && info.ranges && info.isPinned
    }

    /// The stretch, or the whole object, its length and the store's checksum compared.
    /// - Parameter limit: most bytes of an object whose size is not known.
    func read(_ source: End, _ info: ObjectInfo, _ range: Range<Int64>?, limit: Int64) async throws(TransferError)
        -> [UInt8]
    {
        let expected = range.map { $0.upperBound - $0.lowerBound } ?? info.size
        let sink = MemorySink(limit: Int(expected ?? limit), meter: meter)
        return try await requests.run(source.url, bytes: 0, counting: sink, length: expected ?? limit) {
            () async throws(TransferError) in
            let found = try await source.place.store.read(source.key, range: range, matching: info, into: sink)
            if let expected, Int64(sink.bytes.count) != expected {
                throw TransferError(
                    object: source.url, reason: .length(expected: expected, found: Int64(sink.bytes.count)),
                    message: "ended after \(sink.bytes.count) of \(expected) bytes")
            }
            if range == nil, configuration.verifiesStoreChecksums, let checksum = found.wholeChecksum(or: info) {
                let computed = Self.checksum(sink.bytes, checksum.algorithm).checksum
                guard computed == checksum else {
                    throw .mismatch(source.url, checksum, computed, hint: "the object was damaged; fetch it again")
                }
            }
            return sink.bytes
        }
    }

    func write(_ bytes: [UInt8], to target: End) async throws(TransferError) {
        let store = target.place.store
        var attributes = ObjectAttributes()
        attributes.checksum = store.traits.checksum.map { Self.checksum(bytes, $0).checksum }
        _ = try await requests.run(target.url, bytes: 0, length: Int64(bytes.count)) { () async throws(TransferError) in
            try await store.write(target.key, BytesSource(bytes), attributes)
        }
    }

    static func checksum(_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> ChecksumAccumulator {
        var accumulator = ChecksumAccumulator(algorithm)
        bytes.withUnsafeBytes { accumulator.update($0) }
        return accumulator
    }
}
