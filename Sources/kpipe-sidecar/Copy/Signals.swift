import UnixSignals

/// Runs `body`; SIGINT or SIGTERM cancels it, so that it can clean up.

func withSignalsCancelling<Success: Sendable>(_ body: @escaping @Sendable () async -> Success) async -> Success {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return await withTaskGroup(of: Success?.self) { group in
        group.addTask { await body() }
        group.addTask {
            for await _ in signals { break }
            return nil
        }
        while true {
            guard case .some(let finished) = await group.next() else { preconditionFailure("the body is in the group") }
            group.cancelAll()
            if let finished { return finished }
        }
    }
}
