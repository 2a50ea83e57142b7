/// One call of `TransferEngine.relay`: lists and copies at the same time, with a bounded number of objects under way.
struct RelayRun {
    typealias Outcome = Result<(TransferredFile, isNew: Bool), TransferError>

    let streams: StreamTransfer
    let stores: any StoreResolver
    let target: ResolvedURL
    var tally: Tally
    private(set) var destinations = Destinations()
    private(set) var underWay = 0

    /// Objects under way at once: what passes through memory waits for its room there, what a store copies by itself waits
    /// for the store alone.
    private static let window = 64

    private var requests: StoreRequests { streams.requests }

    mutating func run(_ inputs: [InputRequest]) async -> TransferReport {
        await withTaskGroup(of: Outcome?.self) { group in
            for input in inputs where !tally.isStopped {
                do throws(TransferError) { try await relay(input, &group) } catch { tally.fail(error) }
            }
            while underWay > 0 { await takeOne(&group) }
        }
        return tally.finish()
    }

    private mutating func relay(_ input: InputRequest, _ group: inout TaskGroup<Outcome?>) async throws(TransferError) {
        let place = try stores.resolve(input.from, input.settings)
        let traits = place.store.traits
        let plan = try InputPlan(
            key: place.key, to: "", lists: traits.lists, keysAreURLs: traits.keysAreURLs, filter: input.filter)
        switch plan.source {
        case .object(let key):
            let hasQuery = target.store.traits.keysAreURLs && target.key.contains("?")
            let isFolder = target.key.isEmpty || target.key.hasSuffix("/") && !hasQuery
            let name = isFolder ? InputPlan.lastSegment(key, isURL: traits.keysAreURLs) : ""
            await begin(place, key, nil, target.key + target.store.traits.inKey(name), &group)
        case .listing:
            let (requests, inKey) = (requests, target.store.traits.inKey)
            try await requests.forEachObject(of: place, plan, input) { object, path in
                if tally.isStopped { return .stop }
                await begin(place, object.key, object, target.key + inKey(path), &group)
                return .taken
            }
        }
    }

    private mutating func begin(
        _ place: ResolvedURL, _ key: String, _ info: ObjectInfo?, _ name: String, _ group: inout TaskGroup<Outcome?>
    ) async {
        let from = StreamTransfer.End(place, key)
        let to = StreamTransfer.End(target, name)
        do throws(TransferError) { try destinations.claim(key: name, for: from.url) } catch { return tally.fail(error) }
        streams.meter.update {
            $0.objects += 1
            $0.bytes &+= info?.size ?? 0
        }
        if underWay >= Self.window { await takeOne(&group) }
        underWay += 1
        group.addTask { [streams] in
            do throws(TransferError) {
                if let file = try await streams.existing(from, info, at: to) { return .success((file, isNew: false)) }
                if streams.configuration.dryRun {
                    let told = try await streams.describe(from, info)
                    streams.requests.onEvent(.planned(TransferredFile(planned: told, name, from.url)))
                    return nil
                }
                return .success((try await streams.copy(from, info, to: to), isNew: true))
            } catch {
                return .failure(error)
            }
        }
    }

    private mutating func takeOne(_ group: inout TaskGroup<Outcome?>) async {
        guard let next = await group.next() else { return }
        underWay -= 1
        switch next {
        case nil: break
        case .success((let file, let isNew)):
            tally.take(file, isNew: isNew, isListed: streams.configuration.listsFiles)
        case .failure(let error): tally.fail(error)
        }
    }
}

extension StreamTransfer {
    /// The object that stands at the target already, where that is wanted and it is the source's.
    func existing(_ from: End, _ known: ObjectInfo?, at target: End) async throws(TransferError) -> TransferredFile? {
        guard configuration.skipsExisting else { return nil }
        let there: ObjectInfo
        do throws(TransferError) { there = try await describe(target, nil) } catch  where error.reason == .notFound {
            return nil
        }
        if let size = known?.size, size != there.size { return nil }
        // Listings tell no checksums.
        let info = try await describe(from, nil)
        guard ExistingFile.isSame(there, as: info), let size = there.size else { return nil }
        return TransferredFile(path: target.key, url: target.url, size: size)
    }
}
