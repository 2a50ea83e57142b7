extension TransferEngine {
    /// Copies objects from store to store; they keep their path below the fixed part of each source.
    package func relay(
        _ inputs: [InputRequest], to url: String, onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        await reporting(onEvent) { (report, onEvent) throws(TransferError) in
            let target = try self.stores.resolve(url)
            let streams = self.streams(onEvent)
            var run = RelayRun(
                streams: streams, stores: self.stores, target: target, tally: Tally(requests: streams.requests))
            report = await run.run(inputs)
        }
    }

    /// Writes one object to a descriptor, such as standard output, in order.
    package func send(
        _ url: String, toDescriptor descriptor: Int32, onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        await reporting(onEvent) { (report, onEvent) throws(TransferError) in
            let place = try self.stores.resolve(url)
            let source = StreamTransfer.End(place, place.key)
            if self.configuration.dryRun {
                let info = try await self.streams(onEvent).describe(source, nil)
                return onEvent(.planned(TransferredFile(planned: info, "-", source.url)))
            }
            let file = try await self.streams(onEvent).print(source, to: descriptor)
            self.finish(file, onEvent, &report)
        }
    }

    /// Stores what a descriptor, such as standard input, gives until its end.
    package func store(
        descriptor: Int32, to url: String, onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        await reporting(onEvent) { (report, onEvent) throws(TransferError) in
            let place = try self.stores.resolve(url)
            let target = StreamTransfer.End(place, place.key)
            if self.configuration.dryRun {
                // How much it is only reading would tell.
                let info = ObjectInfo(key: place.key, size: nil)
                return onEvent(.planned(TransferredFile(planned: info, "-", target.url)))
            }
            let file = try await self.streams(onEvent).store(descriptor, to: target)
            self.finish(file, onEvent, &report)
        }
    }

    /// A small document in memory, such as a manifest. Throws `.length` beyond `limit` bytes.
    package func document(_ url: String, upTo limit: Int64 = 256 << 20) async throws(TransferError) -> [UInt8] {
        let place = try stores.resolve(url)
        let source = StreamTransfer.End(place, place.key)
        return try await streams { _ in }.document(source, upTo: limit)
    }

    func streams(_ onEvent: @escaping TransferEventHandler) -> StreamTransfer {
        StreamTransfer(requests: requests(onEvent), room: room, copiesNothing: copiesNothing)
    }

    private func finish(_ file: TransferredFile, _ onEvent: TransferEventHandler, _ report: inout TransferReport) {
        meter.update { $0.objectsDone += 1 }
        if configuration.listsFiles { report.files.append(file) }
        onEvent(.finished(file))
    }

    private func reporting(
        _ onEvent: @escaping TransferEventHandler,
        _ body:
            @escaping @Sendable (inout TransferReport, @escaping TransferEventHandler) async throws(TransferError)
            -> Void
    ) async -> TransferReport {
        await bounded(onEvent) { [meter] onEvent in
            var report = TransferReport()
            do throws(TransferError) {
                try await body(&report, onEvent)
            } catch {
                report.add(error)
                onEvent(.failed(error))
            }
            report.totals = meter.reading
            return report
        }
    }
}
