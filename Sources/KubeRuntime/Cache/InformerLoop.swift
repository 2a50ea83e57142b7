internal import Basics
internal import CLinux
internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import Synchronization

/// The shell of `WatchMachine`: asks the server, reads, keeps the cache and calls the handler.
actor InformerLoop<Record: Sendable & Equatable> {
    private let api: any KubeAPI
    private let scope: WatchScope
    private let time: Timepiece
    private let reporter: InformerReporter
    private let cache: Cache<Record>
    private let handler: Informer<Record>.Handler
    private let relisting = Signal()
    private let activity = StreamActivity()
    nonisolated let hasSynced = Mutex(false)
    /// Why list or watch fails at the moment.
    nonisolated let trouble = Mutex<String?>(nil)

    private var machine: WatchMachine
    private var writer: CacheWriter<Record>
    /// What to do once the current request is done with.
    private var next: WatchMachine.Effect?

    init(
        _ api: any KubeAPI, _ scope: WatchScope, _ decoder: RecordDecoder<Record>, _ cache: Cache<Record>,
        _ options: InformerOptions, _ handler: @escaping Informer<Record>.Handler
    ) {
        self.api = api
        self.scope = scope
        self.cache = cache
        self.handler = handler
        time = options.time
        reporter = InformerReporter(scope.resource, options)
        machine = WatchMachine(seed: options.seed)
        writer = CacheWriter(cache, decoder)
    }

    nonisolated func requestRelist() { relisting.send() }

    func run() async {
        reporter.reportStart()
        decide(.start)
        while !Task.isCancelled, let effect = next {
            next = nil
            let input = await perform(effect)
            guard !Task.isCancelled else { break }
            switch input {
            case .relist?:
                writer.distrustVersions()
                decide(.relist)
            // A stream that the machine itself gave up has been decided about.
            case let input? where next == nil: decide(input)
            default: break
            }
            await deliver()
        }
    }

    /// Hands `input` to the machine, and does what it says; returns what is to be done with the object of a change.
    @discardableResult
    private func decide(_ input: WatchMachine.Input) -> WatchMachine.Effect? {
        var object: WatchMachine.Effect?
        for effect in machine.handle(input, at: time.now()) {
            switch effect {
            case .store, .remove: object = effect
            case .request, .wait: next = effect
            case .beginReplacing: writer.beginReplacing()
            case .endReplacing: writer.endReplacing()
            case .note(let note):
                reporter.report(note)
                if let words = note.trouble { trouble.withLock { $0 = words } }
            }
        }
        return object
    }

    private func deliver() async {
        let changes = writer.takeChanges()
        guard !changes.isEmpty else { return }
        activity.suspend()
        defer { activity.note(at: time.now()) }
        reporter.report(objects: cache.count)
        await handler(changes)
        guard changes.last.map(Self.isSynced) ?? false else { return }
        hasSynced.withLock { $0 = true }
        reporter.reportSynced()
        // What reading the whole state took is given back; from here on little is needed.
        clinux_trim_memory()
    }

    private static func isSynced(_ change: ObjectChange<Record>) -> Bool {
        if case .synced = change { true } else { false }
    }

    // MARK: Asking

    private func perform(_ effect: WatchMachine.Effect) async -> WatchMachine.Input? {
        switch effect {
        case .wait(let delay):
            try? await time.sleep(time.now() + delay)
            return .timer
        case .request(let request): return await follow(request)
        case .beginReplacing, .endReplacing, .store, .remove, .note: return nil
        }
    }

    /// Reads what the server answers until it ends, falls silent, or is not wanted any more.
    private func follow(_ request: WatchRequest) async -> WatchMachine.Input? {
        activity.note(at: time.now())
        return await withTaskGroup { group in
            group.addTask { await self.read(request) }
            group.addTask { await self.relisting.wait() ? .relist : nil }
            if machine.silenceLimit != nil { group.addTask { await self.awaitSilence() } }
            var outcome = await group.next() ?? nil
            group.cancelAll()
            for await other in group {
                if case .relist = other { outcome = other }
            }
            return outcome
        }
    }

    private func awaitSilence() async -> WatchMachine.Input? {
        while let limit = machine.silenceLimit {
            let silence = activity.silence(at: time.now())
            if silence >= limit { return .silent }
            // The limit may be lowered meanwhile.
            let pause = min(limit - silence, WatchMachine.shortestSilence)
            do { try await time.sleep(time.now() + pause) } catch { return nil }
        }
        return nil
    }

    // MARK: Reading

    private func read(_ request: WatchRequest) async -> WatchMachine.Input? {
        do throws(KubeError) {
            let stream = try await api.open(request.apiRequest(for: scope))
            decide(.opened)
            trouble.withLock { $0 = nil }
            let encoding = ObjectEncoding(contentType: stream.headers["Content-Type"])
            return switch request {
            case .page: try await readPage(stream, encoding)
            case .initialEvents, .changes: try await readWatch(stream, encoding)
            }
        } catch {
            return .failed(WatchFailure(error))
        }
    }

    private func readPage(
        _ stream: APIStream, _ encoding: ObjectEncoding
    ) async throws(KubeError) -> WatchMachine.Input? {
        var reader = ObjectListReader(encoding)
        var chunks = stream.makeAsyncIterator()
        while let chunk = try await chunks.next(isolation: self) {
            let start = time.now()
            var count = 0
            do throws(WireError) {
                reader.append(chunk)
                while let item = try reader.next() {
                    count += 1
                    try reader.withObject(item) { store(nil, encoding, $0) }
                }
            } catch {
                return .failed(.garbled("a list that cannot be read: \(error)"))
            }
            reporter.report(bytes: chunk.count, events: count, took: time.now() - start)
            await deliver()
        }
        do throws(WireError) { return .pageEnd(try reader.finish()) } catch {
            return .failed(.connection("\(error)"))
        }
    }

    /// Returns `nil` where the machine has decided already what comes next.
    private func readWatch(
        _ stream: APIStream, _ encoding: ObjectEncoding
    ) async throws(KubeError) -> WatchMachine.Input? {
        var reader = WatchFrameReader(encoding)
        var chunks = stream.makeAsyncIterator()
        while next == nil, let chunk = try await chunks.next(isolation: self) {
            let start = time.now()
            activity.note(at: start)
            var count = 0
            do throws(WireError) {
                reader.append(chunk)
                while next == nil, let frame = try reader.next() {
                    count += 1
                    try apply(frame, from: reader)
                }
            } catch {
                return .failed(.garbled("a watch that cannot be read: \(error)"))
            }
            reporter.report(bytes: chunk.count, events: count, took: time.now() - start)
            await deliver()
        }
        guard next == nil else { return nil }
        return reader.hasPartialFrame ? .failed(.connection("the watch ended within an event")) : .ended
    }

    private func apply(_ frame: WatchFrame, from reader: WatchFrameReader) throws(WireError) {
        switch frame {
        case .bookmark(let head):
            decide(.bookmark(version: head.resourceVersion, endsInitialEvents: head.endsInitialEvents))
        case .error(let status): decide(.failed(.status(status)))
        case .change(let change, let head, let object):
            switch decide(.change(change, version: head.resourceVersion)) {
            case .store?: try reader.withObject(object) { store(head, reader.encoding, $0) }
            case .remove?: writer.remove(head)
            default: break
            }
        }
    }

    /// One object that cannot be read is skipped, and named; the others have done nothing to be kept from anybody.
    ///
    /// - Parameter head: `nil` where it is still to be read.
    private func store(_ head: ObjectHead?, _ encoding: ObjectEncoding, _ bytes: Span<UInt8>) {
        do throws(WireError) {
            let head = if let head { head } else { try ObjectHead(encoding, in: bytes) }
            try writer.store(head, encoding, bytes)
        } catch {
            let object = try? PartialObject(encoding, in: bytes)
            reporter.report(unreadable: object?.metadata.key, error)
        }
    }
}

/// When something last arrived on a stream.
final class StreamActivity: Sendable {
    /// `nil` while the reader itself is busy, which is no silence of the server's.
    private let last = Mutex<Duration?>(nil)

    func note(at now: Duration) { last.withLock { $0 = now } }
    func suspend() { last.withLock { $0 = nil } }

    /// How long it has been silent.
    func silence(at now: Duration) -> Duration { last.withLock { $0.map { now - $0 } ?? .zero } }
}
