internal import HTTPTransport

/// Moves objects between stores and local folders: what `cp` and the agent share.
///
/// - Every file appears under its final name only when it is complete and verified.
/// - Memory stays within `TransferConfiguration.memory` whatever the sizes and numbers of objects.
/// - Cancelling the calling task stops all requests, removes temporary files and aborts uploads in parts; the report
///   then says `.cancelled` for what was under way.
package final class TransferEngine: Sendable {
    let stores: any StoreResolver
    let configuration: TransferConfiguration
    let gate: ConcurrencyGate
    let room: ConcurrencyGate
    /// A store has said that it copies nothing by itself.
    let copiesNothing = Flag()
    /// Shared by all calls of this engine.
    package let meter = TransferMeter()

    package init(stores: any StoreResolver, configuration: TransferConfiguration = .init()) {
        self.stores = stores
        self.configuration = configuration
        gate = ConcurrencyGate(
            memory: configuration.memory, maximumConcurrency: configuration.maximumConcurrency,
            retries: configuration.retry.budget)
        room = ConcurrencyGate(
            memory: configuration.memory, maximumConcurrency: configuration.maximumConcurrency, retries: 0)
    }

    /// Fetches all of `inputs` into `folder`, which is made if missing. Nothing is ever written outside it. Temporary
    /// files that a killed process has left in it are removed first. A failure leaves no empty folder behind.
    package func fetch(
        _ inputs: [InputRequest], into folder: String, journal: any TransferJournal = NoJournal(),
        onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        do throws(TransferError) {
            // A rehearsal makes nothing, not even the folder; where there is none, nothing is found in it.
            let confined =
                try configuration.dryRun
                ? (try? ConfinedFolder(folder)) ?? ConfinedFolder(taking: -1, path: folder)
                : ConfinedFolder(folder, creating: true)
            return await fetch(inputs, into: confined, journal: journal, onEvent: onEvent)
        } catch {
            return failed(error, onEvent)
        }
    }

    /// The same for a folder that is open already. Servers beside each other, so that none waits for another's.
    package func fetch(
        _ inputs: [InputRequest], into confined: ConfinedFolder, journal: any TransferJournal,
        onEvent: @escaping TransferEventHandler
    ) async -> TransferReport {
        await bounded(onEvent) { [self] onEvent in
            do throws(TransferError) {
                // A journal means that the folder is this step's own; elsewhere another process may be at work.
                if !(journal is NoJournal) { try confined.removeTemporaries() }
            } catch {
                return failed(error, onEvent)
            }
            let download = Download(
                streams: streams(onEvent), folder: confined,
                placer: Placer(folder: confined, durable: configuration.durable))
            let claims = Claims(confined, folding: configuration.dryRun ? [] : confined.folding)
            let servers = Dictionary(grouping: inputs) { SlotQueue.lane(of: $0.from) }
            let window = max(configuration.window / max(servers.count, 1), 32)
            return await withTaskGroup(of: TransferReport.self) { group in
                for inputs in servers.values {
                    group.addTask { [stores] in
                        var run = FetchRun(
                            stores: stores, download: download, journal: journal, claims: claims, window: window,
                            tally: Tally(requests: download.requests))
                        return await run.run(inputs)
                    }
                }
                var report = TransferReport()
                for await one in group { report.add(one) }
                report.totals = meter.reading
                if !report.isComplete { confined.removeIfMadeInVain() }
                return report
            }
        }
    }

    /// Stores what `outputs` name below `folder`, higher priorities first. At `deadline` whatever is not stored is
    /// given up and named in the report's `leftOut`. A missing folder holds nothing.
    package func store(
        _ outputs: [OutputRequest], from folder: String, deadline: ContinuousClock.Instant? = nil,
        journal: any TransferJournal = NoJournal(), onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        do throws(TransferError) {
            let confined = try ConfinedFolder(folder)
            return await store(outputs, from: confined, deadline: deadline, journal: journal, onEvent: onEvent)
        } catch {
            return failed(error, onEvent)
        }
    }

    /// The same for a folder that is open already, and of `only` these files in it where some are named.
    package func store(
        _ outputs: [OutputRequest], from confined: ConfinedFolder, only paths: [String]? = nil,
        deadline: ContinuousClock.Instant?,
        journal: any TransferJournal, onEvent: @escaping TransferEventHandler
    ) async -> TransferReport {
        await bounded(onEvent) { [self] onEvent in
            await storeAll(
                outputs, from: confined, only: paths, deadline: deadline, journal: journal, onEvent: onEvent)
        }
    }

    private func storeAll(
        _ outputs: [OutputRequest], from confined: ConfinedFolder, only paths: [String]?,
        deadline: ContinuousClock.Instant?, journal: any TransferJournal, onEvent: @escaping TransferEventHandler
    ) async -> TransferReport {
        let streams = streams(onEvent)
        let upload = Upload(requests: streams.requests, folder: confined, journal: journal)
        let run = StoreRun(
            stores: stores, upload: upload, packed: PackedUpload(streams: streams, upload: upload),
            tally: Tally(requests: streams.requests))
        guard let deadline else {
            var run = run
            return await run.run(outputs, only: paths, isPastDeadline: { false })
        }
        return await withTaskGroup(of: TransferReport?.self) { group in
            group.addTask {
                var run = run
                return await run.run(outputs, only: paths) { ContinuousClock.now >= deadline }
            }
            group.addTask {
                try? await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            var report: TransferReport?
            while report == nil, let finished = await group.next() {
                report = finished
                // Either the work is done and the clock may stop, or the clock has run out and the work must stop.
                group.cancelAll()
            }
            return report ?? TransferReport()
        }
    }

    /// Stores a small document, such as a report, with retries.
    package func put(_ bytes: [UInt8], to url: String, contentType: String) async throws(TransferError) {
        try await put(BytesSource(bytes), to: url, StoreSettings(), contentType)
    }

    func put(_ content: any ObjectContent, to url: String, _ settings: StoreSettings, _ contentType: String)
        async throws(TransferError)
    {
        let place = try stores.resolve(url, settings)
        let attributes = ObjectAttributes(contentType: contentType)
        _ = try await requests { _ in }.run(place.url(of: place.key), bytes: 0, length: content.length ?? 0) {
            () async throws(TransferError) in
            _ = content.rewind()
            return try await place.store.write(place.key, content, attributes)
        }
    }

    func requests(_ onEvent: @escaping TransferEventHandler) -> StoreRequests {
        StoreRequests(gate: gate, configuration: configuration, meter: meter, onEvent: onEvent)
    }

    private func failed(_ error: TransferError, _ onEvent: TransferEventHandler) -> TransferReport {
        onEvent(.failed(error))
        var report = TransferReport()
        report.add(error)
        return report
    }
}
