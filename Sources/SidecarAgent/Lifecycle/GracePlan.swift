/// What becomes of the time between SIGTERM and SIGKILL. All from SIGTERM on.
package struct GracePlan: Sendable, Equatable {
    /// Main has ended, and the API server is not waited for any longer to say how.
    package var statusLatest: Duration
    /// Main still runs (legacy only): what it has written so far must be stored now, or not at all.
    package var storeLatest: Duration
    /// Uploads are given up, so that the step's end can still be reported.
    package var deadline: Duration
    /// The agent is gone, before it is killed.
    package var exit: Duration

    /// Main may use half of the grace for itself. Of what remains, a tenth, at least 500 ms and at most 5 s, is kept for
    /// the last report, and half as much for leaving.
    package init(grace: Duration) {
        let reserve = min(max(grace / 10, .milliseconds(500)), .seconds(5), grace / 3)
        exit = grace - reserve / 2
        deadline = exit - reserve
        storeLatest = min(grace / 2, deadline)
        statusLatest = min(storeLatest / 2, .seconds(5))
    }
}
