internal import Basics
internal import Synchronization

/// When whoever waits for a transfer is told that nothing moves. Pure.
struct SilenceWatch: Sendable {
    /// How often it wants to look.
    static let interval = Duration.seconds(5)
    /// Silence that is told first; then after twice as long, each time.
    private static let patience = Duration.seconds(10)

    private var seen: TransferMeter.Reading?
    private var since = Duration.zero
    private var toldAt = Self.patience

    /// How long nothing has moved, where it is time to tell.
    mutating func look(_ reading: TransferMeter.Reading, now: Duration) -> Duration? {
        guard seen == reading else {
            (seen, since, toldAt) = (reading, now, Self.patience)
            return nil
        }
        guard now - since >= toldAt else { return nil }
        toldAt = toldAt * 2
        return now - since
    }
}

extension TransferEngine {
    /// Runs one call's work within the configured deadline, and tells which servers it waits for where nothing moves.
    func bounded(
        _ onEvent: @escaping TransferEventHandler,
        _ body: @escaping @Sendable (_ onEvent: @escaping TransferEventHandler) async -> TransferReport
    ) async -> TransferReport {
        let deadline = configuration.deadline
        let end = Flag()
        return await withTaskGroup(of: TransferReport?.self) { group in
            group.addTask { await body { onEvent(end.isSet ? $0.late(after: deadline) : $0) } }
            group.addTask {
                await self.watch(onEvent)
                return nil
            }
            if let deadline {
                group.addTask {
                    if (try? await Task.sleep(for: deadline)) != nil { end.set() }
                    return nil
                }
            }
            var report: TransferReport?
            while report == nil, let finished = await group.next() {
                report = finished
                if report != nil || end.isSet { group.cancelAll() }
            }
            var whole = report ?? TransferReport()
            if end.isSet { whole.failures = whole.failures.map { $0.late(after: deadline) } }
            return whole
        }
    }

    private func watch(_ onEvent: TransferEventHandler) async {
        var silence = SilenceWatch()
        let start = ContinuousClock.now
        while (try? await Task.sleep(for: SilenceWatch.interval)) != nil {
            guard let quiet = silence.look(meter.reading, now: .now - start) else { continue }
            let seconds = quiet.components.seconds
            for (lane, requests) in await gate.waitingFor {
                let count = String(counting: requests, "request waits", "requests wait")
                onEvent(.told(lane, "nothing has moved for \(seconds) s; \(count) for this server"))
            }
        }
    }
}

extension TransferEvent {
    fileprivate func late(after deadline: Duration?) -> TransferEvent {
        if case .failed(let error) = self { .failed(error.late(after: deadline)) } else { self }
    }
}

extension TransferError {
    /// What was stopped because the deadline had passed is no cancellation.
    fileprivate func late(after deadline: Duration?) -> TransferError {
        guard reason == .cancelled, let deadline else { return self }
        return TransferError(
            object, .exhausted, "not complete within the deadline of \(DurationText.print(deadline))",
            hint: "a longer transfer.deadline (--deadline) gives it time")
    }
}
