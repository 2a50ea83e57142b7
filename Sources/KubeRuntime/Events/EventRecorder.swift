public import Basics
internal import HTTPTransport
public import KubeClient
internal import KubeModel
public import Logging
internal import Synchronization
internal import YAMLTree

/// Records Events about objects of the cluster. Recording never waits; writing is done by `run`, some events at once, of each
/// object the newest first: `eventTime` says in which order they happened.
public final class EventRecorder: Sendable {
    private let ledger: Mutex<EventLedger>
    private let requests: EventRequests
    private let api: any KubeAPI
    private let time: Timepiece
    private let wall: WallClock
    private let logger: Logger
    private let changed = Signal()

    /// - `controller`: the `reportingController`, a qualified name such as `k-pipe.cloud/terminator`.
    /// - `instance`: the `reportingInstance`, such as the pod's name.
    public init(
        controller: String, instance: String, limits: EventLimits = .init(), api: any KubeAPI, logger: Logger,
        time: Timepiece = .system, wall: WallClock = .system
    ) {
        ledger = Mutex(EventLedger(limits: limits))
        requests = EventRequests(controller: controller, instance: instance)
        self.api = api
        self.logger = logger
        self.time = time
        self.wall = wall
    }

    /// Takes note of what happened; at once, whatever the state of the server.
    public func record(_ event: ClusterEvent) {
        let (now, wall) = (time.now(), wall.microsecondsSince1970())
        ledger.withLock { $0.record(event, at: now, wall: wall) }
        changed.send()
    }

    public var statistics: EventStatistics { ledger.withLock { $0.statistics } }

    /// Takes no further event and lets `run` return once all that is known has been written.
    public func finish() {
        ledger.withLock { $0.close() }
        changed.send()
    }

    /// Writes events until `finish` was called and nothing is left to write, or until the task is cancelled; then the
    /// rest is lost. Whoever stops calls `finish`, gives this a moment, and cancels it.
    public func run() async {
        await withDiscardingTaskGroup { writing in
            while !Task.isCancelled {
                let now = time.now()
                switch ledger.withLock({ $0.next(at: now) }) {
                case .write(let request): writing.addTask { await self.carryOut(request) }
                case .wait(let deadline): await changed.wait(until: deadline, time)
                case .end: return
                }
            }
        }
    }

    private func carryOut(_ request: EventWrite) async {
        let outcome = await write(request)
        let now = time.now()
        ledger.withLock { $0.finished(request, outcome, at: now, random: .random(in: 0..<1)) }
        changed.send()
    }

    private func write(_ write: EventWrite) async -> EventWriteOutcome {
        do throws(KubeError) {
            _ = try await api.send(requests.request(for: write))
            return .written
        } catch {
            let outcome = Self.outcome(of: error, write.purpose)
            if outcome == .refused {
                logger.warning("event dropped", error: error, metadata: ["reason": "\(write.event.reason)"])
            } else if outcome == .failed {
                logger.debug("failed to write event, retrying", error: error)
            }
            return outcome
        }
    }

    static func outcome(of error: KubeError, _ purpose: EventWrite.Purpose) -> EventWriteOutcome {
        switch (error.status?.code, purpose) {
        // It was created before: the answer was lost.
        case (409, .create): .written
        case (404, .updateSeries): .missing
        case (409, .updateSeries): .failed
        // A namespace that is gone or going takes no more events; nor does one where we may not write.
        case (_, _): error.isTransient ? .failed : .refused
        }
    }
}

/// The requests by which events are written.
struct EventRequests: Sendable {
    /// `reportingController` and `reportingInstance`.
    let controller: String
    let instance: String

    func request(for write: EventWrite) -> APIRequest {
        switch write.purpose {
        case .create: create(write)
        case .updateSeries: updateSeries(write)
        }
    }

    private func create(_ write: EventWrite) -> APIRequest {
        timed(
            .create(
                write.event, named: write.name, at: write.firstSeen, controller: controller, instance: instance,
                series: write.count > 1 ? series(write) : nil))
    }

    /// Nothing else of an event can be changed.
    private func updateSeries(_ write: EventWrite) -> APIRequest {
        let key = ObjectKey(namespace: write.event.namespace, name: write.name)
        return timed(.patch(.events, key, .merge(["series": series(write)])))
    }

    private func series(_ write: EventWrite) -> JSONValue {
        [
            "count": .integer(Int64(write.count)),
            "lastObservedTime": .string(WallClock.microTime(write.lastSeen)),
        ]
    }

    private func timed(_ request: APIRequest) -> APIRequest {
        var request = request
        request.timeouts = HTTPTimeouts(firstByte: .seconds(15), total: .seconds(20))
        request.yields = true
        return request
    }
}
