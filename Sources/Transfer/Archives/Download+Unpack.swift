internal import Glibc

extension Download {
    /// Names that promise an archive: content that then is none is damaged, not something else.
    private static let suffixes = [
        ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2", ".tzst", ".txz", ".tbz2", ".zip",
    ]
    /// Bytes of one piece of a stream, and of all that are under way or waiting for their turn.
    private static let piece = 2 << 20
    private func held(_ info: ObjectInfo) -> Int {
        let most = StreamTransfer.readAhead + 3 * Self.piece
        return min(most, info.size.map { 3 * Int(min($0, Int64(most))) } ?? most)
    }

    /// What became of an object that may be an archive.
    private enum Unpacked {
        case whole
        /// It is an archive that must be there as a file first.
        case needsFile
        case isNone
    }

    /// Unpacks an archive into the folder `item.destination` as it comes, so that archive and content never lie beside each
    /// other; all or nothing, and only once it is verified. `nil` if the content is none.
    func unpacked(_ item: FetchItem, _ info: ObjectInfo) async throws(TransferError) -> FetchedRecord? {
        let temporary = ConfinedFolder.temporaryPrefix + String(UInt64.random(in: 0 ... .max), radix: 36)
        try folder.makeFolder(temporary)
        do throws(TransferError) {
            let target = try ConfinedFolder(reopening: folder, temporary)
            var (kind, content) = try await streams.room.holding(item.url, bytes: held(info)) {
                () async throws(TransferError) in try await unpackStream(item, info, into: target)
            }
            if kind == .needsFile { (kind, content) = try await unpackFile(item, info, into: target) }
            guard kind == .whole else {
                try folder.removeTree(temporary)
                try refuseDamaged(item)
                return nil
            }
            let identity = try await place(temporary, target, item)
            return record(item, content, identity)
        } catch {
            try? folder.removeTree(temporary)
            throw error
        }
    }

    private func refuseDamaged(_ item: FetchItem) throws(TransferError) {
        let name = InputPlan.lastSegment(item.key, isURL: item.store.traits.keysAreURLs).lowercased()
        guard Self.suffixes.contains(where: name.hasSuffix) else { return }
        throw TransferError(
            object: item.url, reason: .archive, message: "is called an archive but is none that can be read",
            hint: "tar, tar.gz, tar.zst, tar.xz, tar.bz2 and zip are unpacked; use 'unpack: never' to keep it")
    }

    // MARK: - As it comes

    private func unpackStream(_ item: FetchItem, _ info: ObjectInfo, into target: ConfinedFolder)
        async throws(TransferError) -> (Unpacked, FetchedContent)
    {
        let handover = Handover(item.url)
        let result = await withTaskCancellationHandler {
            async let fed = Result { () async throws(TransferError) in try await feed(item, info, to: handover) }
            let unpacked = await Result { () async throws(TransferError) in
                try await unpack(item, info, handover, into: target)
            }
            // Whoever has seen enough stops the other.
            handover.end(.failure(.cancelled(item.url)))
            let content = await fed
            return unpacked.flatMap { kind in
                kind == .whole ? content.map { (kind, $0) } : .success((kind, FetchedContent(info: info, size: 0)))
            }
        } onCancel: {
            handover.end(.failure(.cancelled(item.url)))
        }
        return try result.get()
    }

    /// Gives the object's bytes to `handover`, its length and checksums compared before the end is told.
    private func feed(_ item: FetchItem, _ info: ObjectInfo, to handover: Handover) async throws(TransferError)
        -> FetchedContent
    {
        let source = StreamTransfer.End(store: item.store, key: item.key, url: item.url)
        var digest = item.sha256.map { _ in MessageDigest(.sha256) }
        var content = FetchedContent(info: info, size: 0)
        do throws(TransferError) {
            content.info = try await streams.forEachPiece(of: source, info, size: Self.piece) {
                (bytes) throws(TransferError) in
                content.size += Int64(bytes.count)
                if digest != nil { DigestTimer.timed(meter) { bytes.withUnsafeBytes { digest?.update($0) } } }
                try await handover.send(bytes)
            }
            if let wanted = item.sha256, let found = digest?.bytes, found != wanted { throw .wrong(item, found) }
        } catch {
            handover.end(.failure(error))
            throw error
        }
        handover.end(.success(()))
        return content
    }

    private func unpack(_ item: FetchItem, _ info: ObjectInfo, _ handover: Handover, into target: ConfinedFolder)
        async throws(TransferError) -> Unpacked
    {
        let (folder, limits) = (folder, configuration.archives)
        return try await BlockingPool.archives.run { (isCancelled) throws(TransferError) in
            let reader = try ArchiveReader(handover, object: item.url)
            var unpacker = Unpacker(
                into: target, object: item.url, size: info.size, limits: limits, folding: folder.folding,
                isCancelled: isCancelled)
            guard try unpacker.run(reader) else { return reader.isZip ? .needsFile : .isNone }
            // What stands behind an archive's end is the object's, too.
            while try handover.take() != nil {}
            return .whole
        }
    }

    // MARK: - From a file

    private func unpackFile(_ item: FetchItem, _ info: ObjectInfo, into target: ConfinedFolder)
        async throws(TransferError) -> (Unpacked, FetchedContent)
    {
        let file = try TemporaryFile(in: folder, for: item.destination)
        defer { file.discard() }
        let content = try await fetched(item, info, into: file)
        let (folder, limits) = (folder, configuration.archives)
        let isWhole = try await BlockingPool.archives.run { (isCancelled) throws(TransferError) in
            var unpacker = Unpacker(
                into: target, object: item.url, size: content.size, limits: limits, folding: folder.folding,
                isCancelled: isCancelled)
            return try unpacker.run(try ArchiveReader(descriptor: file.descriptor, object: item.url))
        }
        return (isWhole ? .whole : .isNone, content)
    }

    private func place(_ temporary: String, _ target: ConfinedFolder, _ item: FetchItem) async throws(TransferError)
        -> FileIdentity
    {
        let (folder, isDurable) = (folder, configuration.durable)
        return try await BlockingPool.shared.run { () throws(TransferError) in
            if isDurable { try target.synchronizeFileSystem() }
            try folder.replaceFolder(at: item.destination, with: temporary)
            if isDurable { try folder.synchronize(ConfinedFolder.split(item.destination).above) }
            guard let status = try folder.status(item.destination) else {
                throw .system("look at", folder.display(item.destination), ENOENT)
            }
            return FileIdentity(status)
        }
    }
}
