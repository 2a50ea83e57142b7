extension TransferEngine {
    /// Copies objects from store to store; they keep their path below the fixed part of each source.
    package func relay(
        _ inputs: [InputRequest], to url: String, onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        await reporting(onEvent) { (report) throws(TransferError) in
            let target = try self.stores.resolve(url)
            var destinations = Destinations()
            for input in inputs {
                let place = try self.stores.resolve(input.from, input.settings)
                let plan = try InputPlan(
                    key: place.key, to: "", lists: place.store.traits.lists,
                    keysAreURLs: place.store.traits.keysAreURLs,
                    filter: input.filter)
                let isFolder = target.key.isEmpty || target.key.hasSuffix("/")
                if case .object(let key) = plan.source {
                    let name =
                        isFolder
                        ? target.key + InputPlan.lastSegment(key, isURL: place.store.traits.keysAreURLs) : target.key
                    try destinations.claim(name, for: place.url(of: key))
                    await self.relay([(key, nil, name)], place, target, onEvent, &report)
                    continue
                }
                guard case .listing(let prefix) = plan.source else { continue }
                var token: String?
                var found = false
                repeat {
                    let after = token
                    let page = try await self.requests(onEvent).run(place.url(of: prefix), bytes: 0) {
                        () async throws(TransferError) in try await place.store.list(prefix: prefix, after: after)
                    }
                    token = page.next
                    var meant: [(String, ObjectInfo?, String)] = []
                    for object in page.objects {
                        guard let path = plan.destination(of: object.key) else { continue }
                        try destinations.claim(target.key + path, for: place.url(of: object.key))
                        meant.append((object.key, object, target.key + path))
                    }
                    found = found || !meant.isEmpty
                    await self.relay(meant, place, target, onEvent, &report)
                } while token != nil && !Task.isCancelled
                guard found || input.optional else {
                    throw .namesNothing(input.from)
                }
            }
        }
    }

    /// Writes one object to a descriptor, such as standard output, in order.
    package func send(
        _ url: String, toDescriptor descriptor: Int32, onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        await reporting(onEvent) { (report) throws(TransferError) in
            let place = try self.stores.resolve(url)
            let source = StreamTransfer.End(place: place, key: place.key)
            let file = try await self.streams(onEvent).print(source, to: descriptor)
            self.finish(file, onEvent, &report)
        }
    }

    /// Stores what a descriptor, such as standard input, gives until its end.
    package func store(
        descriptor: Int32, to url: String, onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        await reporting(onEvent) { (report) throws(TransferError) in
            let place = try self.stores.resolve(url)
            let target = StreamTransfer.End(place: place, key: place.key)
            let file = try await self.streams(onEvent).store(descriptor, to: target)
            self.finish(file, onEvent, &report)
        }
    }

    /// A small document in memory, such as a manifest. Throws `.length` beyond `limit` bytes.
    package func document(_ url: String, upTo limit: Int64 = 256 << 20) async throws(TransferError) -> [UInt8] {
        let place = try stores.resolve(url)
        let source = StreamTransfer.End(place: place, key: place.key)
        return try await streams { _ in }.document(source, upTo: limit)
    }

    /// Some objects at a time; memory holds back what it has no room for.
    private func relay(
        _ objects: [(key: String, info: ObjectInfo?, name: String)], _ place: ResolvedURL, _ target: ResolvedURL,
        _ onEvent: @escaping TransferEventHandler, _ report: inout TransferReport
    ) async {
        let streams = streams(onEvent)
        let isRehearsal = configuration.dryRun
        await withTaskGroup(of: Result<TransferredFile, TransferError>.self) { group in
            func take(_ result: Result<TransferredFile, TransferError>) {
                switch result {
                case .success(let file):
                    if isRehearsal { onEvent(.planned(file)) } else { finish(file, onEvent, &report) }
                case .failure(let error):
                    report.add(error)
                    onEvent(.failed(error))
                }
            }
            for (index, object) in objects.enumerated() {
                if index >= 8, let result = await group.next() { take(result) }
                let to = StreamTransfer.End(place: target, key: object.name)
                let from = StreamTransfer.End(place: place, key: object.key)
                meter.update {
                    $0.objects += 1
                    $0.bytes += object.info?.size ?? 0
                }
                group.addTask {
                    if isRehearsal {
                        return .success(
                            TransferredFile(path: to.key, url: from.url, size: object.info?.size ?? 0))
                    }
                    return await Result { () async throws(TransferError) in
                        try await streams.copy(from, object.info, to: to)
                    }
                }
            }
            while let result = await group.next() { take(result) }
        }
    }

    private func streams(_ onEvent: @escaping TransferEventHandler) -> StreamTransfer {
        StreamTransfer(requests: requests(onEvent), room: room, configuration: configuration, meter: meter)
    }

    private func finish(_ file: TransferredFile, _ onEvent: TransferEventHandler, _ report: inout TransferReport) {
        meter.update { $0.objectsDone += 1 }
        if configuration.listsFiles { report.files.append(file) }
        onEvent(.finished(file))
    }

    private func reporting(
        _ onEvent: TransferEventHandler,
        _ body: (inout TransferReport) async throws(TransferError) -> Void
    ) async -> TransferReport {
        var report = TransferReport()
        do throws(TransferError) {
            try await body(&report)
        } catch {
            report.add(error)
            onEvent(.failed(error))
        }
        report.totals = meter.reading
        return report
    }
}
