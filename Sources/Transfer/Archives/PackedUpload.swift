internal import Basics
internal import CLinux
internal import Glibc

/// Many files that become one object.
struct Pack: Sendable {
    var format: PackFormat
    /// Below the folder of outputs, in the order of the archive; those of folders end with `/`.
    var names: @Sendable (Int) -> String
    var count: Int
}

/// Stores many files as one archive, which is nowhere but on its way: packed on a thread of its own while what it has made
/// is sent.
struct PackedUpload: Sendable {
    let streams: StreamTransfer
    let upload: Upload

    /// Bytes that an archive may hold beside a file's own: two heads, a long name, and what fills the last block.
    private static let overhead: Int64 = 8 << 10

    /// What the files are together, so that a journal can tell whether any has changed.
    private struct Survey {
        var size: Int64 = 0
        var identity = FileIdentity.none
    }

    func run(_ item: StoreItem, _ pack: Pack) async throws(TransferError) -> (StoredRecord, isNew: Bool) {
        do throws(TransferError) {
            return try await runOnce(item, pack)
        } catch  where error.reason == .uploadEnded && !Task.isCancelled {
            streams.requests.tellRestart(error)
            return try await runOnce(item, pack)
        }
    }

    private func runOnce(_ item: StoreItem, _ pack: Pack) async throws(TransferError) -> (StoredRecord, isNew: Bool) {
        let survey = try await survey(pack)
        let journal = upload.journal
        if let record = journal.stored(at: item.url), record.file == survey.identity { return (record, false) }
        if let record = journal.upload(at: item.url) { await upload.abandon(record, item) }
        // Before the store is asked: see `MultipartTransfer`.
        journal.record(UploadRecord(url: item.url, id: "", begun: systemEpochClock()))
        let limits = item.store.traits.multipart
        let most = survey.size + Int64(pack.count) * Self.overhead
        let part = PartPlan(size: most, limits: limits, partSize: upload.configuration.partSize)?.part
        let piece = Int(part ?? PartPlan.defaultPart)
        var digest = upload.configuration.digestsOutputs ? MessageDigest(.sha256) : nil
        var size: Int64 = 0
        let info = try await streams.room.holding(item.url, bytes: PieceSink.held * piece) {
            () async throws(TransferError) in
            try await packing(pack, item, piece) { (handover) throws(TransferError) in
                let target = StreamTransfer.End(store: item.store, key: item.key, url: item.url)
                let attributes = ObjectAttributes(contentType: item.contentType ?? pack.format.contentType)
                guard limits != nil else {
                    // A store that takes content of any length at once, such as a folder.
                    let content = HandedContent(handover, digest: digest)
                    do throws(TransferError) {
                        let info = try await item.store.write(item.key, content, attributes)
                        (digest, size) = (content.digest, content.size)
                        return info
                    } catch {
                        throw content.failure ?? error
                    }
                }
                return try await streams.store(to: target, part: piece, attributes) { () async throws(TransferError) in
                    let bytes = try await handover.next() ?? []
                    size += Int64(bytes.count)
                    if digest != nil {
                        DigestTimer.timed(upload.meter) { bytes.withUnsafeBytes { digest?.update($0) } }
                    }
                    upload.meter.add(moved: bytes.count)
                    return bytes
                }
            }
        }
        journal.forgetUpload(at: item.url)
        var record = StoredRecord(
            path: item.path, url: item.url, size: size, etag: info.etag, versionID: info.versionID,
            sha256: digest?.checksum.hex, file: survey.identity)
        record.checksum = info.isComposite ? nil : info.checksum?.text
        journal.record(record)
        return (record, true)
    }

    /// Runs `body` beside the thread that packs, and returns when both have ended: a store that has all that was packed has
    /// stored nothing unless all was packed.
    private func packing(
        _ pack: Pack, _ item: StoreItem, _ piece: Int,
        _ body: (Handover) async throws(TransferError) -> ObjectInfo
    ) async throws(TransferError) -> ObjectInfo {
        let handover = Handover(item.url)
        let upload = upload
        let result = await withTaskCancellationHandler {
            async let packed = Result { () async throws(TransferError) in
                try await BlockingPool.archives.run { (isCancelled) throws(TransferError) in
                    let result = Result { () throws(TransferError) in
                        let packer = try Packer(pack.format, to: handover, piece: piece, object: item.url)
                        for index in 0..<pack.count {
                            let name = pack.names(index)
                            if name.isFolder {
                                try packer.add(try upload.folder.statusOfFolder(name), as: name)
                            } else {
                                try packer.add(try upload.open(name), as: name, isCancelled)
                            }
                        }
                        try packer.finish()
                    }
                    // The end of an archive that is not whole must not look like one.
                    handover.end(result)
                    try result.get()
                }
            }
            let stored = await Result { () async throws(TransferError) in try await body(handover) }
            handover.end(.failure(.cancelled(item.url)))
            // Whoever failed first has said why; the other was stopped.
            switch (stored, await packed) {
            case (.failure(let error), .success): return Result<ObjectInfo, TransferError>.failure(error)
            case (.failure(let error), .failure(let other)):
                return .failure(error.reason == .cancelled ? other : error)
            case (.success, .failure(let error)): return .failure(error)
            case (.success, .success): return stored
            }
        } onCancel: {
            handover.end(.failure(.cancelled(item.url)))
        }
        return try result.get()
    }

    private func survey(_ pack: Pack) async throws(TransferError) -> Survey {
        let upload = upload
        return try await BlockingPool.shared.run { (isCancelled) throws(TransferError) in
            var survey = Survey()
            var digest = MessageDigest(.sha256)
            for index in 0..<pack.count {
                if isCancelled() { throw .cancelled(upload.folder.path) }
                let name = pack.names(index)
                let identity =
                    try name.isFolder ? FileIdentity(upload.folder.statusOfFolder(name)) : upload.open(name).identity
                if !name.isFolder { survey.size += identity.size }
                let text = "\(name)\0\(identity.size) \(identity.modified) \(identity.inode)\0"
                Array(text.utf8).withUnsafeBytes { digest.update($0) }
            }
            let bytes = digest.bytes
            let hash = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let rest = bytes.dropFirst(8).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            survey.identity = FileIdentity(size: survey.size, modified: Int64(bitPattern: hash), inode: rest)
            return survey
        }
    }
}

extension String {
    var isFolder: Bool { utf8.last == slash }
}

extension ConfinedFolder {
    /// Of a folder, its name with the `/` that it ends with.
    fileprivate func statusOfFolder(_ name: String) throws(TransferError) -> stat {
        guard let status = try self.status(String(name.dropLast())), status.st_mode & S_IFMT == S_IFDIR else {
            throw .system("look at", display(name), ENOENT)
        }
        return status
    }
}
