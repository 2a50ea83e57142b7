import Synchronization

/// Misbehaviour on demand.
extension FakeAPIServer {
    /// The fault meets the next `times` matching requests after `skipping` of them.
    package func inject(_ fault: Fault, for matcher: FaultPlan.Matcher = .any, skipping: Int = 0, times: Int = 1) {
        state.withLock { $0.faults.add(fault, for: matcher, skipping: skipping, times: times) }
    }

    package func removeFaults() { state.withLock { $0.faults.removeAll() } }

    /// How many requests met a fault so far.
    package var faultCount: Int { state.withLock { $0.faults.count } }
}
