internal import Synchronization
package import WorkdirProtocol

/// How a whole fetch or store went. Failures are collected, not thrown: the other objects go on.
package struct TransferReport: Sendable {
    /// The first failures, in the order they came, at most `failuresKept` of them.
    package var failures: [TransferError] = []
    package var failureCount = 0
    /// Files stored, those of the journal included, in no particular order.
    package var files = FileList()
    /// Files that are in place and that nobody asks for one by one.
    private var fetched = (count: 0, bytes: Int64(0))
    /// Paths that were not stored because the deadline came first, by priority.
    package var leftOut: [String] = []
    package var totals = TransferMeter.Reading()

    package static let failuresKept = 100

    package init() {}

    package var fileCount: Int { files.count + fetched.count }
    /// Of all files. Sizes may come from a journal that others could write.
    package var bytes: Int64 {
        files.size.addingReportingOverflow(fetched.bytes).overflow ? .max : files.size + fetched.bytes
    }

    package var isComplete: Bool { failureCount == 0 && leftOut.isEmpty }

    /// The code of the gravest failure; 0 when complete.
    package var exitCode: ExitCode {
        failures.map(\.exitCode).max { $0.gravity < $1.gravity } ?? (leftOut.isEmpty ? .ok : .inputOutput)
    }

    /// Joins what another call of the same engine did.
    package mutating func add(_ other: TransferReport) {
        failureCount += other.failureCount
        failures += other.failures.prefix(Self.failuresKept - failures.count)
        files += other.files
        count(other.fetched.count, other.fetched.bytes)
        leftOut += other.leftOut
        totals = other.totals
    }

    mutating func count(_ files: Int, _ bytes: Int64) {
        fetched.count += files
        let (sum, overflow) = fetched.bytes.addingReportingOverflow(bytes)
        fetched.bytes = overflow ? .max : sum
    }

    package mutating func add(_ failure: TransferError) {
        failureCount += 1
        if failures.count < Self.failuresKept { failures.append(failure) }
    }
}

/// What a run reports of its objects, counts and tells.
struct Tally {
    let requests: StoreRequests
    var report = TransferReport()

    /// Enough has failed, or nobody waits any more: nothing new is begun.
    var isStopped: Bool { Task.isCancelled || report.failureCount >= requests.configuration.failuresBeforeStop }

    /// One file is where it belongs, and was there before unless it is new.
    mutating func take(_ file: TransferredFile, isNew: Bool, isListed: Bool) {
        requests.meter.update { if isNew { $0.objectsDone += 1 } else { $0.objectsSkipped += 1 } }
        if isListed { report.files.append(file) }
        requests.onEvent(isNew ? .finished(file) : .skipped(file))
    }

    mutating func fail(_ error: TransferError) {
        report.add(error)
        requests.meter.update { $0.failures += 1 }
        requests.onEvent(.failed(error))
    }

    /// The report, when all is over.
    mutating func finish() -> TransferReport {
        report.totals = requests.meter.reading
        return report
    }
}

extension ExitCode {
    /// What cannot be cured by trying again comes before what can.
    fileprivate var gravity: Int {
        switch self {
        case .ok: 0
        case .temporary: 1
        case .inputOutput: 2
        case .noInput: 3
        case .permission: 4
        case .data: 5
        case .configuration: 6
        case .usage: 7
        case .software: 8
        }
    }
}

/// What happens to single objects, told as it happens from whatever task it happens in: handlers must be quick.
package enum TransferEvent: Sendable {
    /// Would be moved (`TransferConfiguration.dryRun`).
    case planned(TransferredFile)
    /// It is its turn.
    case began(path: String, url: String)
    /// A request of it has got a place.
    case admitted(url: String)
    /// Stands complete under its final name, or is confirmed by the store.
    case finished(TransferredFile)
    /// Already in the journal: nothing was moved.
    case skipped(TransferredFile)
    case retrying(TransferError, attempt: Int, after: Duration)
    case failed(TransferError)
    /// Something left out on purpose (a socket among the outputs), with the reason.
    case note(path: String, String)
    /// Something about an object or a server that whoever waits should know; the transfer goes on.
    case told(String, String)
}

package typealias TransferEventHandler = @Sendable (TransferEvent) -> Void

/// One file that is where it belongs.
package struct TransferredFile: Sendable, Equatable {
    /// Below the folder of inputs or outputs.
    package var path: String
    package var url: String
    package var size: Int64
    /// Lower-case hexadecimal, where it was computed.
    package var sha256: String?
    /// The store's own of what it has now, and which version that is, where it tells.
    var checksum: Checksum?
    var version: String?
    /// Of what is only planned, nobody may know the size before it is read: then it is 0 here.
    package var isMeasured = true
    /// Of an upload that is only planned: how many requests it takes, where that is more than one.
    package var parts: Int?
}

extension TransferredFile {
    /// Of an object that would be moved.
    init(planned info: ObjectInfo, _ path: String, _ url: String) {
        self.init(path: path, url: url, size: info.size ?? 0, isMeasured: info.size != nil)
    }
}

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
    }

    private let moved = Atomic<Int64>(0)
    private let state = Mutex(Reading())

    package var reading: Reading {
        var reading = state.withLock { $0 }
        reading.bytesMoved = moved.load(ordering: .relaxed)
        return reading
    }

    func add(moved bytes: Int) { moved.wrappingAdd(Int64(bytes), ordering: .relaxed) }
    func update(_ change: (inout Reading) -> Void) { state.withLock { change(&$0) } }
}
