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

    /// The last bytes that are looked at first, and the most: a longer directory of a zip is read from a file.
    private static let firstTail: Int64 = 256 << 10
    private static let longestTail: Int64 = 16 << 20

    /// What an archive is unpacked from.
    private enum Source {
        case stream(ArchiveTail?)
        case file
    }

    private enum Unpacked {
        case whole(FetchedContent)
        case isNone
        /// What stands from here to the end must be known first.
        case needs(from: Int64)
    }

    /// Unpacks an archive into the folder `item.destination` as it comes, so that archive and content never lie beside each
    /// other; all or nothing, and only once it is verified. `nil` if the content is none.
    func unpacked(_ item: FetchItem, _ info: ObjectInfo) async throws(TransferError) -> FetchedRecord? {
        var source = Source.stream(nil)
        while true {
            let temporary = ConfinedFolder.temporaryPrefix + String(UInt64.random(in: 0 ... .max), radix: 36)
            try folder.makeFolder(temporary)
            do throws(TransferError) {
                let target = try ConfinedFolder(reopening: folder, temporary)
                switch try await unpack(item, info, source, into: target) {
                case .whole(let content):
                    return record(item, content, try await place(temporary, target, item))
                case .isNone:
                    try folder.removeTree(temporary)
                    try refuseDamaged(item)
                    return nil
                case .needs(let start):
                    try folder.removeTree(temporary)
                    source = try await look(item, info, from: start, after: source)
                }
            } catch {
                try? folder.removeTree(temporary)
                throw error
            }
        }
    }

    private func unpack(_ item: FetchItem, _ info: ObjectInfo, _ source: Source, into target: ConfinedFolder)
        async throws(TransferError) -> Unpacked
    {
        guard case .stream(let tail) = source else { return try await unpackFile(item, info, into: target) }
        return try await streams.room.holding(item.url, bytes: held(info) + 2 * (tail?.bytes.count ?? 0)) {
            () async throws(TransferError) in try await unpackStream(item, info, tail, into: target)
        }
    }

    /// Asks for the object's end, where its store serves ranges of one version and the end grows by it; else it comes as a
    /// file.
    private func look(_ item: FetchItem, _ info: ObjectInfo, from start: Int64, after source: Source)
        async throws(TransferError) -> Source
    {
        let end = StreamTransfer.End(store: item.store, key: item.key, url: item.url)
        guard case .stream(let tail) = source, let size = info.size, size - start <= Self.longestTail,
            start < tail?.start ?? size, streams.servesRanges(end, info)
        else { return .file }
        do throws(TransferError) {
            let bytes = try await streams.read(end, info, start..<size, limit: size - start).bytes
            return .stream(ArchiveTail(start: start, bytes: bytes))
        } catch  where error.reason == .protocolViolation {
            return .file
        }
    }

    private func refuseDamaged(_ item: FetchItem) throws(TransferError) {
        let name = InputPlan.lastSegment(item.key, isURL: item.store.traits.keysAreURLs).lowercased()
        guard Self.suffixes.contains(where: name.hasSuffix) else { return }
        throw TransferError(
            item.url, .archive, "is called an archive but is none that can be read",
            hint: "tar, tar.gz, tar.zst, tar.xz, tar.bz2 and zip are unpacked; use 'unpack: never' to keep it")
    }

    // MARK: - As it comes

    private func unpackStream(
        _ item: FetchItem, _ info: ObjectInfo, _ tail: ArchiveTail?, into target: ConfinedFolder
    ) async throws(TransferError) -> Unpacked {
        let handover = Handover(item.url)
        let result = await withTaskCancellationHandler {
            async let fed = Result { () async throws(TransferError) in
                try await feed(item, info, tail, to: handover)
            }
            let unpacked = await Result { () async throws(TransferError) in
                try await read(item, info, handover, tail, into: target)
            }
            // Whoever has seen enough stops the other.
            handover.end(.failure(.cancelled(item.url)))
            let content = await fed
            return unpacked.flatMap { other in other.map(Result.success) ?? content.map(Unpacked.whole) }
        } onCancel: {
            handover.end(.failure(.cancelled(item.url)))
        }
        return try result.get()
    }

    /// Gives the object's bytes to `handover`, its length and checksums compared before the end is told.
    private func feed(_ item: FetchItem, _ info: ObjectInfo, _ tail: ArchiveTail?, to handover: Handover)
        async throws(TransferError) -> FetchedContent
    {
        let source = StreamTransfer.End(store: item.store, key: item.key, url: item.url)
        var digest = item.sha256.map { _ in MessageDigest(.sha256) }
        var content = FetchedContent(info: info, size: 0)
        do throws(TransferError) {
            content.info = try await streams.forEachPiece(of: source, info, size: Self.piece) {
                (bytes) throws(TransferError) in
                // What was read before its turn is what is read in its turn.
                guard tail?.agrees(with: bytes, at: content.size) != false else {
                    throw TransferError(item.url, .changed, "the object changed while it was read")
                }
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

    /// `nil` when all is unpacked.
    private func read(
        _ item: FetchItem, _ info: ObjectInfo, _ handover: Handover, _ tail: ArchiveTail?, into target: ConfinedFolder
    ) async throws(TransferError) -> Unpacked? {
        let (folder, limits) = (folder, configuration.archives)
        return try await BlockingPool.archives.run { (isCancelled) throws(TransferError) in
            let reader = try ArchiveReader(handover, tail: tail, object: item.url)
            var unpacker = Unpacker(
                into: target, object: item.url, size: info.size, limits: limits, folding: folder.folding,
                isCancelled: isCancelled)
            do throws(TransferError) {
                guard try unpacker.run(reader) else {
                    let mayBeZip = reader.isZip && tail == nil
                    return mayBeZip ? .needs(from: max(0, (info.size ?? 0) - Self.firstTail)) : .isNone
                }
            } catch {
                guard let start = reader.unreachable else { throw error }
                return .needs(from: start)
            }
            return nil
        }
    }

    // MARK: - From a file

    private func unpackFile(_ item: FetchItem, _ info: ObjectInfo, into target: ConfinedFolder)
        async throws(TransferError) -> Unpacked
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
        return isWhole ? .whole(content) : .isNone
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
