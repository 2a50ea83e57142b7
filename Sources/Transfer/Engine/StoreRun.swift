internal import CLinux
internal import Glibc

/// One call of `TransferEngine.store`.
struct StoreRun {
    typealias Outcome = Result<(StoredRecord, isNew: Bool), TransferError>

    let stores: any StoreResolver
    let upload: Upload
    let packed: PackedUpload
    private(set) var tally: Tally

    private var configuration: TransferConfiguration { upload.configuration }
    private var onEvent: TransferEventHandler { upload.requests.onEvent }

    /// - Parameters:
    ///   - paths: files to look at; `nil`: all there are.
    ///   - isPastDeadline: whether a cancellation is the deadline's: what is then open is left out, not failed.
    mutating func run(
        _ outputs: [OutputRequest], only paths: [String]?, isPastDeadline: @Sendable () -> Bool
    ) async -> TransferReport {
        var items = await plan(outputs, paths)
        if configuration.dryRun {
            for index in 0..<items.count { await rehearse(items[index]) }
            return tally.report
        }
        var isOpen = [Bool](repeating: true, count: items.count)
        await withTaskGroup(of: (Int, Outcome).self) { group in
            var next = 0
            var underWay = 0
            while underWay > 0 || next < items.count && !tally.isStopped {
                if underWay < configuration.window, next < items.count, !tally.isStopped {
                    let (index, item) = (next, items[next])
                    group.addTask { [upload, packed, onEvent] in
                        onEvent(.began(path: item.path, url: item.url))
                        return (
                            index,
                            await Result { () async throws(TransferError) in
                                if let pack = item.pack { return try await packed.run(item, pack) }
                                return try await upload.run(item)
                            }
                        )
                    }
                    next += 1
                    underWay += 1
                } else if let (index, outcome) = await group.next() {
                    underWay -= 1
                    if case .failure(let error) = outcome, error.reason == .cancelled, isPastDeadline() { continue }
                    isOpen[index] = false
                    items.close(index)
                    take(outcome)
                }
            }
        }
        tally.report.leftOut = isOpen.indices.filter { isOpen[$0] }.map(items.path)
        return tally.finish()
    }

    /// Tells size and parts of what would be stored, or why it could not.
    private mutating func rehearse(_ item: StoreItem) async {
        do throws(TransferError) {
            if let pack = item.pack {
                // What it will be is known when it is packed.
                var size: Int64 = 0
                for index in 0..<pack.count where !pack.names(index).isFolder {
                    size += try upload.open(pack.names(index)).identity.size
                }
                return onEvent(.planned(TransferredFile(path: item.path, url: item.url, size: size)))
            }
            let opened = try upload.open(item.path)
            let size = opened.identity.size
            if try await upload.existing(item, opened) != nil {
                return onEvent(.skipped(TransferredFile(path: item.path, url: item.url, size: size)))
            }
            let parts = PartPlan(
                size: size, limits: item.store.traits.multipart, partSize: configuration.partSize)
            var file = TransferredFile(path: item.path, url: item.url, size: size)
            file.parts = parts?.count
            onEvent(.planned(file))
        } catch {
            tally.fail(error)
        }
    }

    /// All that is to be stored, in its order.
    private mutating func plan(_ outputs: [OutputRequest], _ paths: [String]?) async -> StorePlan {
        var targets: [StorePlan.Target] = []
        for output in outputs {
            do throws(TransferError) {
                let place = try stores.resolve(output.to, output.settings)
                let plan = try OutputPlan(
                    from: output.from, key: place.key, filter: output.filter,
                    keysAreURLs: output.pack == .none && place.store.traits.keysAreURLs, inKey: place.store.traits.inKey
                )
                targets.append(.init(output: output, place: place, plan: plan))
            } catch {
                tally.fail(error)
            }
        }
        let reserved = Set(outputs.flatMap(\.reserved)).compactMap { try? stores.resolve($0) }
            .map { $0.url(of: $0.key) }
        let (plan, remarks) = await BlockingPool.shared.run {
            [folder = upload.folder, targets, limits = configuration.outputs] isCancelled in
            var plan = StorePlan(targets, reserved: Set(reserved))
            var remarks = Remarks()
            func take(_ finding: OutputWalk.Finding) {
                switch finding {
                case .file(let path): for failure in plan.add(path) { remarks.add(failure) }
                case .folder(let path): for failure in plan.add(path, isFolder: true) { remarks.add(failure) }
                case .note(let path, let why): if plan.means(path) { remarks.add(note: path, why) }
                case .refused(let path, let error): if plan.finds(path) { remarks.add(error) }
                case .unseen(let error): remarks.add(unseen: error)
                }
            }
            if let paths {
                for path in paths { OutputWalk.findings(at: path, in: folder).forEach(take) }
            } else {
                let targets = plan
                OutputWalk.walk(
                    folder, limits: limits, meaning: { targets.means($0) }, entering: { targets.reaches(into: $0) },
                    isCancelled: isCancelled, found: take)
                for name in remarks.isWhole ? plan.missing : [] {
                    let status = (try? folder.status(name)) ?? nil
                    let isFolder = status.map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
                    remarks.add(.missing(name, isFolder: isFolder))
                }
            }
            plan.finish()
            return (plan, remarks)
        }
        for (path, why) in remarks.notes { onEvent(.note(path: path, why)) }
        if remarks.moreNotes > 0 {
            onEvent(.note(path: upload.folder.path, "\(remarks.moreNotes) more are no files that can be stored"))
        }
        for failure in remarks.failures { tally.fail(failure) }
        tally.report.failureCount += remarks.moreFailures
        upload.meter.update {
            $0.objects += plan.count
            $0.failures += remarks.moreFailures
        }
        return plan
    }

    /// What is to be said of a folder's content. Main may put as much of it there as it likes: what nobody would read to its
    /// end is counted.
    private struct Remarks {
        private static let kept = 1000

        var notes: [(path: String, why: String)] = []
        var failures: [TransferError] = []
        var moreNotes = 0
        var moreFailures = 0
        /// Everything could be looked at.
        private(set) var isWhole = true

        mutating func add(note path: String, _ why: String) {
            if notes.count < Self.kept { notes.append((path, why)) } else { moreNotes += 1 }
        }

        mutating func add(_ failure: TransferError) {
            if failures.count < Self.kept { failures.append(failure) } else { moreFailures += 1 }
        }

        /// It says why nothing is said of the rest, so it comes first.
        mutating func add(unseen failure: TransferError) {
            isWhole = false
            if failures.count == Self.kept {
                failures.removeLast()
                moreFailures += 1
            }
            failures.insert(failure, at: 0)
        }
    }

    private mutating func take(_ outcome: Outcome) {
        switch outcome {
        case .success((let record, let isNew)):
            var file = TransferredFile(path: record.path, url: record.url, size: record.size, sha256: record.sha256)
            (file.checksum, file.version) = (record.checksum.flatMap { Checksum(text: $0) }, record.versionID)
            upload.meter.update { $0.bytes += record.size }
            tally.take(file, isNew: isNew, isListed: configuration.listsFiles)
        case .failure(let error): tally.fail(error)
        }
    }
}
