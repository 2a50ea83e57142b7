/// Time that only goes forward, and waiting for it: what every protocol here is timed by. Injected, so that a test
/// decides how time passes.
public struct Timepiece: Sendable {
    /// Since some moment that does not change, time in which the machine slept or the process was stopped included.
    public let now: @Sendable () -> Duration
    /// Returns once `now` has reached a moment. Throws `CancellationError` when the task is cancelled before.
    public let sleep: @Sendable (_ until: Duration) async throws -> Void

    public init(_ clock: some Clock<Duration>) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// The system's: it goes on while a process is stopped, and nobody can set it.
    public static let system = Timepiece(ContinuousClock())
}
