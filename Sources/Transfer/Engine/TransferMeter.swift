import Synchronization

/// Counters of running transfers: written by the engine from many threads, read by whoever shows progress.
package final class TransferMeter: Sendable {
    package struct Reading: Sendable, Equatable {
        /// Known so far; grows while listings go on.
        package var objects = 0
        package var bytes: Int64 = 0
        package var objectsDone = 0
        package var objectsSkipped = 0
        /// Payload moved, repeated pieces counted again.
        package var bytesMoved: Int64 = 0
        package var retries = 0
        package var failures = 0
        /// Processor time spent on SHA-256 alone.
        package var digestTime: Duration = .zero

        package init() {}
    }

    private let moved = Atomic<Int64>(0)
    private let state = Mutex(Reading())

    package init() {}

    package var reading: Reading {
        var reading = state.withLock { $0 }
        reading.bytesMoved = moved.load(ordering: .relaxed)
        return reading
    }

    func add(moved bytes: Int) { moved.wrappingAdd(Int64(bytes), ordering: .relaxed) }
    func update(_ change: (inout Reading) -> Void) { state.withLock { change(&$0) } }
}
