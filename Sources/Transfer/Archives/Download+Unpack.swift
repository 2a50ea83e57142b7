internal import Glibc

extension Download {
    /// Names that promise an archive: content that then is none is damaged, not something else.
    private static let suffixes = [
        ".tar", ".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2", ".tzst", ".txz", ".tbz2", ".zip",
    ]

    /// Unpacks a verified archive into the folder `item.destination`, all or nothing; `nil` if the content is none.
    func unpack(_ item: FetchItem, _ content: FetchedContent, _ file: TemporaryFile) async throws(TransferError)
        -> FetchedRecord?
    {
        let (folder, configuration) = (folder, configuration)
        let identity = try await BlockingPool.shared.run { (isCancelled) throws(TransferError) in
            try Self.unpack(item, content.size, file, folder, configuration, isCancelled)
        }
        if let identity { return record(item, content, identity) }
        let name = InputPlan.lastSegment(item.key, isURL: item.store.traits.keysAreURLs).lowercased()
        guard !Self.suffixes.contains(where: name.hasSuffix) else {
            throw TransferError(
                object: item.url, reason: .archive, message: "is called an archive but is none that can be read",
                hint: "tar, tar.gz, tar.zst, tar.xz, tar.bz2 and zip are unpacked; use 'unpack: never' to keep it")
        }
        return nil
    }

    private static func unpack(
        _ item: FetchItem, _ size: Int64, _ file: TemporaryFile, _ folder: ConfinedFolder,
        _ configuration: TransferConfiguration, _ isCancelled: @escaping @Sendable () -> Bool
    ) throws(TransferError) -> FileIdentity? {
        var random = SystemRandomNumberGenerator()
        let temporary = ConfinedFolder.temporaryPrefix + String(random.next(), radix: 36)
        try folder.makeFolder(temporary)
        do throws(TransferError) {
            let target = try ConfinedFolder(reopening: folder, temporary)
            var unpacker = Unpacker(
                into: target, object: item.url, size: size, limits: configuration.archives,
                folding: folder.folding, isCancelled: isCancelled)
            guard try unpacker.run(file.descriptor) else {
                try folder.removeTree(temporary)
                return nil
            }
            if configuration.durable { try target.synchronizeFileSystem() }
            try folder.replaceFolder(at: item.destination, with: temporary)
            if configuration.durable { try folder.synchronize(ConfinedFolder.split(item.destination).above) }
        } catch {
            try? folder.removeTree(temporary)
            throw error
        }
        guard let status = try folder.status(item.destination) else {
            throw .system("look at", folder.display(item.destination), ENOENT)
        }
        return FileIdentity(status)
    }
}
