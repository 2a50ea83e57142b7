import Synchronization

/// Counters of running transfers: written by the engine from many threads, read by whoever shows progress.
public final class TransferMeter: Sendable {
    public struct Reading: Sendable, Equatable {
        /// Known so far; grows while listings go on.
        public var objects = 0
        public var bytes: Int64 = 0
        public var objectsDone = 0
        public var objectsSkipped = 0
        /// Payload moved, repeated pieces counted again.
        public var bytesMoved: Int64 = 0
        public var retries = 0
        public var failures = 0
        /// Processor time spent on SHA-256 alone.
        public var digestTime: Duration = .zero

        public init() {}
    }

    private let moved = Atomic<Int64>(0)
    private let state = Mutex(Reading())

    public init() {}

    public var reading: Reading {
        var reading = state.withLock { $0 }
        reading.bytesMoved = moved.load(ordering: .relaxed)
        return reading
    }

    func add(moved bytes: Int) { moved.wrappingAdd(Int64(bytes), ordering: .relaxed) }
    func update(_ change: (inout Reading) -> Void) { state.withLock { change(&$0) } }
}
