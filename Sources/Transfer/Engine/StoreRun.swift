/// One call of `TransferEngine.store`.
struct StoreRun {
    private static let window = 256

    typealias Outcome = Result<(StoredRecord, isNew: Bool), TransferError>

    let stores: any StoreResolver
    let configuration: TransferConfiguration
    let folder: ConfinedFolder
    let upload: Upload
    let meter: TransferMeter
    let onEvent: TransferEventHandler

    private(set) var report = TransferReport()

    init(
        stores: any StoreResolver, configuration: TransferConfiguration, folder: ConfinedFolder, upload: Upload,
        meter: TransferMeter, onEvent: @escaping TransferEventHandler
    ) {
        self.stores = stores
        self.configuration = configuration
        self.folder = folder
        self.upload = upload
        self.meter = meter
        self.onEvent = onEvent
    }

    /// - Parameter isPastDeadline: whether a cancellation is the deadline's: what is then open is left out, not failed.
    mutating func run(_ outputs: [OutputRequest], isPastDeadline: @Sendable () -> Bool) async -> TransferReport {
        let items = await plan(outputs)
        if configuration.dryRun {
            for item in items { onEvent(.planned(TransferredFile(path: item.path, url: item.url, size: 0))) }
            return report
        }
        var open = Set(items.map { ByteKey($0.url) })
        await withTaskGroup(of: (String, Outcome).self) { group in
            var next = items.startIndex
            var underWay = 0
            while underWay > 0 || next < items.endIndex && !isStopped {
                if underWay < Self.window, next < items.endIndex, !isStopped {
                    let item = items[next]
                    group.addTask { [upload, onEvent] in
                        onEvent(.began(path: item.path, url: item.url))
                        return (
                            item.url,
                            await Result { () async throws(TransferError) in
                                let (record, isNew) = try await upload.run(item)
                                return (record, isNew: isNew)
                            }
                        )
                    }
                    next += 1
                    underWay += 1
                } else if let (url, outcome) = await group.next() {
                    underWay -= 1
                    if case .failure(let error) = outcome, error.reason == .cancelled, isPastDeadline() { continue }
                    open.remove(ByteKey(url))
                    take(outcome)
                }
            }
        }
        report.leftOut = items.filter { open.contains(ByteKey($0.url)) }.map(\.path)
        report.totals = meter.reading
        return report
    }

    private var isStopped: Bool {
        Task.isCancelled || report.failureCount >= configuration.failuresBeforeStop
    }

    /// All that is to be stored, higher priorities first and then by path. A file that two outputs send to one URL goes
    /// once; two files that would become one object are refused.
    private mutating func plan(_ outputs: [OutputRequest]) async -> [StoreItem] {
        let findings = await BlockingPool.shared.run { [folder, limits = configuration.outputs] isCancelled in
            OutputWalk.findings(in: folder, limits: limits, isCancelled: isCancelled)
        }
        for case .unseen(let error) in findings { fail(error) }
        var items: [StoreItem] = []
        var takers: [ByteKey: String] = [:]
        var told: Set<ByteKey> = []
        for output in outputs {
            do throws(TransferError) {
                let place = try stores.resolve(output.to)
                let plan = try OutputPlan(from: output.from, key: place.key)
                for finding in findings {
                    switch finding {
                    case .file(let path):
                        guard let key = plan.key(of: path) else { continue }
                        let url = place.url(of: key)
                        if let other = takers[ByteKey(url)] {
                            if !other.isSame(as: path) { fail(.sameObject(path, other, url)) }
                            continue
                        }
                        takers[ByteKey(url)] = path
                        items.append(
                            StoreItem(store: place.store, key: key, url: url, path: path, priority: output.priority))
                    case .note(let path, let why):
                        if plan.key(of: path) != nil, told.insert(ByteKey(path)).inserted {
                            onEvent(.note(path: path, why))
                        }
                    case .refused(let path, let error):
                        if plan.key(of: path) != nil, told.insert(ByteKey(path)).inserted { fail(error) }
                    case .unseen: break
                    }
                }
            } catch {
                fail(error)
            }
        }
        meter.update { $0.objects += items.count }
        return items.enumerated().sorted { ($1.element.priority, $0.offset) < ($0.element.priority, $1.offset) }
            .map(\.element)
    }

    private mutating func take(_ outcome: Outcome) {
        switch outcome {
        case .success((let record, let isNew)):
            let file = TransferredFile(path: record.path, url: record.url, size: record.size, sha256: record.sha256)
            meter.update {
                $0.bytes += record.size
                if isNew { $0.objectsDone += 1 } else { $0.objectsSkipped += 1 }
            }
            if configuration.listsFiles { report.files.append(file) }
            onEvent(isNew ? .finished(file) : .skipped(file))
        case .failure(let error): fail(error)
        }
    }

    private mutating func fail(_ error: TransferError) {
        report.add(error)
        meter.update { $0.failures += 1 }
        onEvent(.failed(error))
    }
}

extension TransferError {
    fileprivate static func sameObject(_ path: String, _ other: String, _ url: String) -> TransferError {
        TransferError(
            object: path, reason: .hostileName, message: "would overwrite '\(other)', which becomes \(url) too",
            hint: "give the outputs targets of their own")
    }
}
