package import WorkdirProtocol

/// How a whole fetch or store went. Failures are collected, not thrown: the other objects go on.
package struct TransferReport: Sendable {
    /// The first failures, in the order they came, at most `failuresKept` of them.
    package var failures: [TransferError] = []
    package var failureCount = 0
    /// Files in place or stored, those of the journal included, in no particular order.
    package var files: [TransferredFile] = []
    /// Paths that were not stored because the deadline came first, by priority.
    package var leftOut: [String] = []
    package var totals = TransferMeter.Reading()

    package static let failuresKept = 100

    package init() {}

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
        leftOut += other.leftOut
        totals = other.totals
    }

    mutating func add(_ failure: TransferError) {
        failureCount += 1
        if failures.count < Self.failuresKept { failures.append(failure) }
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
