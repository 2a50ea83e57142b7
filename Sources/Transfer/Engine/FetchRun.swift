/// The inputs of one server in a call of `TransferEngine.fetch`: lists, plans and fetches at the same time, with a bounded
/// number of objects under way.
struct FetchRun {
    typealias Outcome = Result<(FetchedRecord, isNew: Bool), TransferError>

    let stores: any StoreResolver
    let download: Download
    let journal: any TransferJournal
    let claims: Claims
    /// Objects under way at once.
    let window: Int
    private(set) var tally: Tally
    private(set) var underWay = 0
    private(set) var cutOff: String?

    mutating func run(_ inputs: [InputRequest]) async -> TransferReport {
        await withTaskGroup(of: Outcome?.self) { group in
            for input in inputs {
                if stops(before: Location.shown(input.from)) { break }
                do throws(TransferError) {
                    try await fetch(input, &group)
                } catch {
                    tally.fail(error)
                }
            }
            while underWay > 0 { await takeOne(&group) }
        }
        // Who was stopped between two objects has no failure of one that would say so.
        if let cutOff, tally.report.failureCount == 0 { tally.fail(.cancelled(cutOff)) }
        return tally.finish()
    }

    private var isStopped: Bool {
        tally.isStopped || tally.report.failures.contains { $0.reason == .noSpace || $0.reason == .credentials }
    }

    /// Whether nothing more is begun although there is more.
    private mutating func stops(before object: String) -> Bool {
        if isStopped { cutOff = cutOff ?? object }
        return isStopped
    }

    private mutating func fetch(_ input: InputRequest, _ group: inout TaskGroup<Outcome?>) async throws(TransferError) {
        let place = try stores.resolve(input.from, input.settings)
        let plan = try InputPlan(
            key: place.key, to: input.to, lists: place.store.traits.lists, keysAreURLs: place.store.traits.keysAreURLs,
            filter: input.filter)
        switch plan.source {
        case .object(let key):
            guard var destination = plan.destination(of: key) else { return }
            if input.unpack == .auto {
                destination = input.to.hasSuffix("/") ? String(input.to.dropLast()) : input.to
                guard !destination.isEmpty else {
                    throw TransferError(
                        Location.shown(input.from), .configuration, "an archive needs a folder of its own",
                        hint: "name one in 'to'")
                }
            }
            await begin(input, place, key, nil, destination, &group)
        case .listing:
            guard input.sha256 == nil else {
                throw TransferError(
                    input.from, .configuration, "a digest can be given for one object only",
                    hint: "name the object, or leave sha256 out")
            }
            let requests = download.requests
            try await requests.forEachObject(of: place, plan, input) { object, destination in
                if stops(before: place.url(of: object.key)) { return .stop }
                // Markers that consoles make for empty folders.
                if destination.isEmpty || destination.hasSuffix("/"), object.size ?? 0 == 0 { return .passed }
                await begin(input, place, object.key, object, destination, &group)
                return .taken
            }
        }
    }

    private mutating func begin(
        _ input: InputRequest, _ place: ResolvedURL, _ key: String, _ info: ObjectInfo?, _ destination: String,
        _ group: inout TaskGroup<Outcome?>
    ) async {
        let url = place.url(of: key)
        do throws(TransferError) {
            let path: String
            do throws(TransferError) {
                path = try claims.claim(destination, for: url, isListed: info != nil, input.badNames)
            } catch  where error.reason == .hostileName && info != nil && input.badNames == .skip {
                return download.requests.onEvent(.note(path: url, error.message))
            }
            download.meter.update {
                $0.objects += 1
                $0.bytes &+= info?.size ?? 0
            }
            let item = FetchItem(
                store: place.store, key: key, url: url, info: info, destination: path, sha256: input.sha256,
                unpack: input.unpack, optional: input.optional)
            if let record = try inPlace(item) { return take(.success((record, false))) }
            while underWay >= window { await takeOne(&group) }
            underWay += 1
            group.addTask { [download, journal] in
                let onEvent = download.requests.onEvent
                onEvent(.began(path: item.destination, url: item.url))
                do throws(TransferError) {
                    if let record = try await download.existing(item) { return .success((record, false)) }
                    if download.configuration.dryRun {
                        onEvent(.planned(try await download.planned(item)))
                        return nil
                    }
                    let record = try await download.run(item)
                    journal.record(record)
                    return .success((record, true))
                } catch  where error.reason == .notFound && item.optional {
                    if let error = await download.missingBucket(item) { return .failure(error) }
                    onEvent(.note(path: item.destination, "\(item.url) is missing, and optional"))
                    return nil
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            tally.fail(error)
        }
    }

    /// What the journal says is verified, as long as file and object are still the same.
    private func inPlace(_ item: FetchItem) throws(TransferError) -> FetchedRecord? {
        guard let record = journal.fetched(item.destination), record.url.isSame(as: item.url),
            let status = try download.folder.status(item.destination), FileIdentity(status) == record.file
        else { return nil }
        if let wanted = item.sha256, record.sha256 != Checksum(.sha256, wanted).hex { return nil }
        if let etag = item.info?.etag, etag != record.etag { return nil }
        if let size = item.info?.size, size != record.size { return nil }
        return record
    }

    private mutating func takeOne(_ group: inout TaskGroup<Outcome?>) async {
        guard let next = await group.next() else { return }
        underWay -= 1
        if let outcome = next { take(outcome) }
    }

    private mutating func take(_ outcome: Outcome) {
        switch outcome {
        case .success((let record, let isNew)):
            let file = TransferredFile(path: record.path, url: record.url, size: record.size, sha256: record.sha256)
            tally.report.count(1, file.size)
            tally.take(file, isNew: isNew, isListed: false)
        case .failure(let error): tally.fail(error)
        }
    }
}
