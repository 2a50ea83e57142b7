extension StreamTransfer {
    /// From store to store.
    func copy(_ source: End, _ known: ObjectInfo?, to target: End) async throws(TransferError) -> TransferredFile {
        var info = try await describe(source, known)
        var restarts = 0
        while true {
            do throws(TransferError) {
                let size = try await copyOnce(source, info, to: target)
                return TransferredFile(path: target.key, url: target.url, size: size)
            } catch  where error.reason == .changed && restarts < configuration.retry.restarts && !Task.isCancelled {
                restarts += 1
                info = try await describe(source, nil)
            }
        }
    }

    private func copyOnce(_ source: End, _ info: ObjectInfo, to target: End) async throws(TransferError) -> Int64 {
        let multipart = target.place.store.traits.multipart
        let plan = info.size.flatMap { PartPlan(size: $0, limits: multipart, partSize: configuration.partSize) }
        if let plan, servesRanges(source, info) {
            do throws(TransferError) {
                return try await copyRanges(source, info, plan, to: target)
            } catch  where error.reason == .protocolViolation {
                // A server that ignores ranges although it said otherwise: in one stream then.
            }
        }
        if multipart != nil, plan != nil || info.size == nil {
            return try await copyStream(source, info, part: plan?.part ?? PartPlan.defaultPart, to: target)
        }
        let most = Int64(configuration.memory)
        guard info.size ?? 0 <= most else {
            throw TransferError(
                object: target.url, reason: .configuration,
                message: "the object has \(info.size ?? 0) bytes, more than the \(most) that fit into memory, and this "
                    + "store takes no uploads in parts",
                hint: "copy it to a file first")
        }
        return try await room.holding(source.url, bytes: Int(info.size ?? most)) { () async throws(TransferError) in
            let bytes = try await read(source, info, nil, limit: most)
            try await write(bytes, to: target)
            return Int64(bytes.count)
        }
    }

    /// Many parts at once, each fetched and sent on as soon as memory has room for it.
    private func copyRanges(_ source: End, _ info: ObjectInfo, _ plan: PartPlan, to target: End)
        async throws(TransferError) -> Int64
    {
        typealias Part = Result<(tag: PartTag, checksum: ChecksumAccumulator), TransferError>
        try await uploading(to: target) { (upload) throws(TransferError) in
            let known = configuration.verifiesStoreChecksums ? info.checksum : nil
            let parts: Result<([PartTag], ChecksumAccumulator?), TransferError> = await withTaskGroup(of: Part.self) {
                group in
                var joiner = ChecksumJoiner(known?.algorithm == .crc32c ? .crc32c : nil)
                var tags: [PartTag] = []
                var failure: TransferError?
                func take(_ part: Part) {
                    switch part {
                    case .success(let (tag, checksum)):
                        tags.append(tag)
                        joiner.add(checksum, at: tag.number - 1)
                    case .failure(let error):
                        if failure == nil { group.cancelAll() }
                        failure = failure ?? error
                    }
                }
                for index in 0..<plan.count where failure == nil {
                    if index >= configuration.maximumConcurrency, let part = await group.next() { take(part) }
                    group.addTask { await copyPart(index, of: plan, source, info, to: upload, target) }
                }
                while let part = await group.next() { take(part) }
                return failure.map(Result.failure) ?? .success((tags, joiner.whole))
            }
            let (tags, whole) = try parts.get()
            if let known, let found = whole?.checksum, found != known {
                throw .mismatch(source.url, known, found, hint: "the object was damaged; copy it again")
            }
            return tags
        }
        return plan.size
    }

    private func copyPart(
        _ index: Int, of plan: PartPlan, _ source: End, _ info: ObjectInfo, to upload: any MultipartUpload,
        _ target: End
    ) async -> Result<(tag: PartTag, checksum: ChecksumAccumulator), TransferError> {
        let range = plan[index]
        return await Result { () async throws(TransferError) in
            try await room.holding(source.url, bytes: range.count) { () async throws(TransferError) in
                let bytes = try await read(source, info, range, limit: plan.part)
                let checksum = Self.checksum(bytes, .crc32c)
                return (try await send(bytes, checksum, index + 1, to: upload, target.url), checksum)
            }
        }
    }

    /// From a server that gives nothing but the whole, one part after the other.
    private func copyStream(_ source: End, _ info: ObjectInfo, part: Int64, to target: End)
        async throws(TransferError) -> Int64
    {
        try await room.holding(source.url, bytes: PieceSink.held * Int(part)) { () async throws(TransferError) in
            var total: Int64 = 0
            try await uploading(to: target) { (upload) throws(TransferError) in
                var tags: [PartTag] = []
                try await forEachPiece(of: source, info, size: Int(part)) { (bytes) throws(TransferError) in
                    let checksum = Self.checksum(bytes, .crc32c)
                    tags.append(try await send(bytes, checksum, tags.count + 1, to: upload, target.url))
                    total += Int64(bytes.count)
                }
                if tags.isEmpty {
                    // An upload needs a part, if only an empty one.
                    let checksum = Self.checksum([], .crc32c)
                    tags.append(try await send([], checksum, 1, to: upload, target.url))
                }
                return tags
            }
            return total
        }
    }
}
