/// Gives finished temporary files their names. With `durable`, content and names are on disk before anybody hears of
/// it, and files that finish close together share the wait: all are written out first, then synchronized, then
/// renamed, then each folder is synchronized once.
actor Placer {
    private struct Order {
        var file: TemporaryFile
        var destination: String
        var waiter: CheckedContinuation<Result<FileIdentity, TransferError>, Never>
    }

    /// Files synchronized in one go; keeps the number of open files bounded.
    private static let groupSize = 256

    private let folder: ConfinedFolder
    private nonisolated let durable: Bool
    private var waiting: [Order] = []
    private var isBusy = false

    init(folder: ConfinedFolder, durable: Bool) {
        self.folder = folder
        self.durable = durable
    }

    nonisolated func place(_ file: TemporaryFile, at destination: String) async throws(TransferError) -> FileIdentity {
        if !durable { return try file.place(at: destination) }
        return try await order(file, destination).get()
    }

    private func order(_ file: TemporaryFile, _ destination: String) async -> Result<FileIdentity, TransferError> {
        await withCheckedContinuation { continuation in
            waiting.append(Order(file: file, destination: destination, waiter: continuation))
            if !isBusy {
                isBusy = true
                // Outlives the caller that happened to come first; ends when nobody waits.
                Task { await self.serve() }
            }
        }
    }

    private func serve() async {
        while !waiting.isEmpty {
            let group = Array(waiting.prefix(Self.groupSize))
            waiting.removeFirst(group.count)
            let files = group.map { ($0.file, $0.destination) }
            let results = await BlockingPool.shared.run { [folder] in Self.place(files, in: folder) }
            for (order, result) in zip(group, results) { order.waiter.resume(returning: result) }
        }
        isBusy = false
    }

    private static func place(_ files: [(TemporaryFile, String)], in folder: ConfinedFolder)
        -> [Result<FileIdentity, TransferError>]
    {
        // Blocks are allocated for all before the first fsync, which then commits them in one journal transaction.
        if files.count > 1 { for (file, _) in files { file.startWriteback(0..<0) } }
        var results = files.map { file, destination in
            Result { () throws(TransferError) in
                try file.synchronize()
                return try file.place(at: destination)
            }
        }
        var failed: [ByteKey: TransferError] = [:]
        let folders = Set(files.flatMap { ancestors(of: $0.1) })
        for relative in folders {
            do throws(TransferError) { try folder.synchronize(relative.text) } catch { failed[relative] = error }
        }
        guard !failed.isEmpty else { return results }
        for (index, (_, destination)) in files.enumerated() {
            if let error = ancestors(of: destination).lazy.compactMap({ failed[$0] }).first {
                results[index] = .failure(error)
            }
        }
        return results
    }

    /// Every folder from the root ("") down to the one that holds `path`.
    private static func ancestors(of path: String) -> [ByteKey] {
        [ByteKey("")] + path.foldersAbove.map { ByteKey(String($0)) }
    }
}
