import Glibc
import Synchronization
import UnixSignals

/// Runs `body`; SIGINT or SIGTERM cancels it, so that it can clean up. A second one ends the process at once.
///
/// - Returns: what `body` made of it, and the signal that came meanwhile.
func withSignalsCancelling<Success: Sendable>(
    _ body: @escaping @Sendable () async -> Success
) async -> (Success, stoppedBy: UnixSignal?) {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let stoppedBy = Mutex<UnixSignal?>(nil)
    // Cancelled alone, so not a child of this task; awaited below.
    let work = Task { await body() }
    async let _ = {
        for await signal in signals {
            let isSecond = stoppedBy.withLock { first in
                defer { first = first ?? signal }
                return first != nil
            }
            if isSecond { _exit(128 + signal.number) }
            work.cancel()
        }
    }()
    let success = await work.value
    return (success, stoppedBy.withLock { $0 })
}
