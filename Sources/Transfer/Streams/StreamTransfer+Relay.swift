extension StreamTransfer {
    /// From store to store.
    func copy(_ source: End, _ known: ObjectInfo?, to target: End) async throws(TransferError) -> TransferredFile {
        var info = try await describe(source, known)
        var seen: [TransferError] = []
        while true {
            do throws(TransferError) {
                let size =
                    if let copied = try await copyInStore(source, info, to: target) { copied } else {
                        try await copyOnce(source, info, to: target)
                    }
                return TransferredFile(path: target.key, url: target.url, size: size)
            } catch  where mayRestart(after: error, seen) && !Task.isCancelled {
                seen.append(error)
                requests.tellRestart(error, attempt: seen.count)
                let isLast = seen.count > configuration.retry.restarts
                info = isLast ? .plain(source.key) : try await describe(source, nil)
            }
        }
    }

    /// What changes with every attempt has one more: the last resort is one plain request.
    private func mayRestart(after error: TransferError, _ seen: [TransferError]) -> Bool {
        StoreRetries.beginsAnew(after: error, seen)
            && seen.count < configuration.retry.restarts + (error.reason == .changed ? 1 : 0)
    }

    private func copyOnce(_ source: End, _ info: ObjectInfo, to target: End) async throws(TransferError) -> Int64 {
        let multipart = target.store.traits.multipart
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
                target.url, .configuration,
                "the object has \(info.size ?? 0) bytes, more than the \(most) that fit into memory, and this "
                    + "store takes no uploads in parts", hint: "copy it to a file first")
        }
        return try await room.holding(source.url, bytes: Int(info.size ?? most)) { () async throws(TransferError) in
            let bytes = try await read(source, info, nil, limit: most).bytes
            try await write(bytes, to: target)
            return Int64(bytes.count)
        }
    }

    /// Many parts at once, each fetched and sent on as soon as memory has room for it.
    private func copyRanges(_ source: End, _ info: ObjectInfo, _ plan: PartPlan, to target: End)
        async throws(TransferError) -> Int64
    {
        try await uploading(to: target) { (upload) throws(TransferError) in
            let parts = try await inParallel(plan.count, atOnce: configuration.maximumConcurrency) {
                (index) async throws(TransferError) in
                try await copyPart(index, of: plan, source, info, to: upload, target)
            }
            let known = configuration.verifiesStoreChecksums ? info.checksum : nil
            let sums = parts.enumerated().map { ($1.checksum, Int64(plan[$0].count)) }
            if let known, let found = CRC.joining(sums, .crc32c), known.algorithm == .crc32c, found != known {
                throw .mismatch(source.url, known, found, hint: "the object was damaged; copy it again")
            }
            return parts.map(\.tag)
        }
        return plan.size
    }

    private func copyPart(
        _ index: Int, of plan: PartPlan, _ source: End, _ info: ObjectInfo, to upload: any MultipartUpload,
        _ target: End
    ) async throws(TransferError) -> (tag: PartTag, checksum: Checksum?) {
        let range = plan[index]
        return try await room.holding(source.url, bytes: range.count) { () async throws(TransferError) in
            let (bytes, isComposite) = try await read(source, info, range, limit: plan.part)
            let checksum = Self.checksum(bytes, .crc32c)
            let tag = try await send(bytes, index + 1, to: upload, target)
            return (tag, isComposite ? nil : checksum)
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
                    tags.append(try await send(bytes, tags.count + 1, to: upload, target))
                    total += Int64(bytes.count)
                }
                // An upload needs a part, if only an empty one.
                return tags.isEmpty ? [try await send([], 1, to: upload, target)] : tags
            }
            return total
        }
    }
}
