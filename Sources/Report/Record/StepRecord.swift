package import Basics

/// What happened to a step, from its beginning to now or to its end: what every picture of it is drawn from.
/// `docs/schema/report.schema.json` describes its JSON, `report.json`.
package struct StepRecord: RecordPart, Equatable {
    package static let kind = "StepReport"
    /// Raised when a reader of the older form would misunderstand.
    package static let currentVersion: Int64 = 1

    package var kind: String? = StepRecord.kind
    package var version: Int64? = StepRecord.currentVersion
    /// The version of kpipe-sidecar that made it.
    package var program: String?
    package var made: UnixTime?
    package var step = StepIdentity()
    package var start: UnixTime?
    package var end: UnixTime?
    /// `nil` while the step goes on.
    package var outcome: StepEnd?
    package var phases: [RecordedPhase] = []
    package var states: [RecordedState] = []
    package var containers: [RecordedContainer] = []
    package var attempts: [RecordedAttempt] = []
    package var inputs = TransferSums()
    package var outputs = TransferSums()
    package var usage: [RecordedUsage] = []
    package var log = RecordedLog()
    package var warnings: [String] = []
    /// Last, because there may be many.
    package var files: [RecordedTransfer] = []

    package init() {}
}

/// Whose step it is.
package struct StepIdentity: RecordPart, Equatable {
    package var namespace: String?
    package var pod: String?
    package var uid: String?
    package var job: String?
    package var node: String?
    package var epoch: String?

    package init() {}
}

/// How a step ended.
package struct StepEnd: RecordPart, Equatable {
    /// `DONE`, `ERROR` or `KILLED`.
    package var state: String?
    package var reason: String?
    package var message: String?
    package var exitCode: Int64?
    /// The container at fault.
    package var container: String?
    /// Tries of main.
    package var attempts: Int64?

    package init() {}
}

/// A part of the step's time, by what the agent was about.
package struct RecordedPhase: RecordPart, Equatable {
    package enum Name: String, Sendable, CaseIterable {
        case initializing, ready, running
        case awaitingRetry = "awaiting-retry"
        case storing, settled, other
    }

    package var name = Name.other
    package var start: UnixTime?
    /// `nil` while it goes on.
    package var end: UnixTime?

    package init() {}
}

/// A state as it was reported.
package struct RecordedState: RecordPart, Equatable {
    package var state: String?
    package var time: UnixTime?
    package var reason: String?
    package var message: String?
    package var exitCode: Int64?
    package var container: String?

    package init() {}
}

/// A container as the API server, or the agent, knows it.
package struct RecordedContainer: RecordPart, Equatable {
    package var name: String?
    /// `main`, `sidecar`, `agent`, `init`.
    package var role: String?
    package var image: String?
    package var imageID: String?
    package var start: UnixTime?
    package var end: UnixTime?
    package var exitCode: Int64?
    package var reason: String?
    package var restarts: Int64 = 0
    /// Why it waits, or keeps the pod open.
    package var note: String?
    package var requests = RecordedResources()
    package var limits = RecordedResources()

    package init() {}
}

package struct RecordedResources: RecordPart, Equatable {
    /// Thousandths of a core.
    package var cpu: Int64?
    package var memory: Int64?

    package init() {}
}

/// One try of main.
package struct RecordedAttempt: RecordPart, Equatable {
    package var number: Int64?
    /// The program began.
    package var start: UnixTime?
    package var end: UnixTime?
    package var exitCode: Int64?
    package var signal: Int64?
    package var reason: String?
    package var message: String?

    package init() {}
}

/// All transfers of one direction together, those included that have no row.
package struct TransferSums: RecordPart, Equatable {
    package var files: Int64 = 0
    package var skipped: Int64 = 0
    package var failed: Int64 = 0
    package var leftOut: Int64 = 0
    package var bytes: Int64 = 0
    package var retries: Int64 = 0
    /// From the first to the last, in milliseconds.
    package var took: Int64?
    /// Of single transfers, added up: waits for a place and pauses before another try.
    package var waited: Int64?
    /// CPU time of SHA-256.
    package var digest: Int64?
    /// Transfers without a row.
    package var unlisted: Int64 = 0

    package init() {}
}

/// One file's way.
package struct RecordedTransfer: RecordPart, Equatable {
    package enum Direction: String, Sendable, CaseIterable {
        case input, output
    }

    package enum Result: String, Sendable, CaseIterable {
        case done, skipped, failed
        case leftOut = "left-out"
    }

    package var direction = Direction.input
    package var result = Result.done
    package var path: String?
    package var url: String?
    package var start: UnixTime?
    package var end: UnixTime?
    package var bytes: Int64?
    package var retries: Int64 = 0
    /// Milliseconds of its time in which nothing moved: before its first request, and between tries.
    package var waited: Int64?
    package var sha256: String?
    package var error: String?

    package init() {}
}

/// The end of main's log.
package struct RecordedLog: RecordPart, Equatable {
    package var lines: [String] = []
    /// Bytes before them.
    package var omitted: Int64 = 0

    package init() {}
}

extension StepRecord {
    /// For callers that may not see names, URLs and texts: states, times and numbers.
    package var redacted: StepRecord {
        var record = self
        record.files = []
        record.log = RecordedLog()
        record.warnings = []
        record.outcome?.message = nil
        for index in record.states.indices { record.states[index].message = nil }
        for index in record.attempts.indices { record.attempts[index].message = nil }
        for index in record.containers.indices {
            record.containers[index].image = nil
            record.containers[index].imageID = nil
            record.containers[index].note = nil
        }
        record.inputs.unlisted = record.inputs.total
        record.outputs.unlisted = record.outputs.total
        return record
    }

    /// The document as it is stored: compact, because it may hold many files.
    package var encoded: [UInt8] { Array(json.text.utf8) + [UInt8(ascii: "\n")] }
}

extension TransferSums {
    package var total: Int64 { files + skipped + failed + leftOut }
}

extension StepRecord {
    /// A record as it was read, and what is wrong with it.
    package struct Reading: Sendable, Equatable {
        package var record = StepRecord()
        /// One sentence each; empty where all is well.
        package var problems: [String] = []
    }

    /// The document is no step's record at all.
    package struct Unreadable: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// More is not read of one record.
    package static let sizeLimit = 64 << 20

    /// Reads as much as there is: a record that is torn, from a newer version, or larger than anybody writes is shown as
    /// far as it goes.
    ///
    /// - Parameters:
    ///   - bytes: the document, or its first `sizeLimit` bytes.
    ///   - isBrief: passes over single files and series.
    package static func reading(_ bytes: [UInt8], isBrief: Bool = false) throws(Unreadable) -> Reading {
        var reading = Reading()
        reading.record.kind = nil
        reading.record.version = nil
        var limits = RecordLimits()
        limits.isBrief = isBrief
        var cursor = JSONCursor(bytes.span)
        do throws(WireError) {
            try reading.record.read(bytes.span, &cursor, &limits)
        } catch {
            guard reading.record.kind == kind else {
                let isList = bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
                throw Unreadable(
                    description: isList ? "is a list, not an object" : "is not JSON as report.json has it: \(error)")
            }
            let why = bytes.count >= sizeLimit ? "has more than \(sizeLimit >> 20) MiB" : "is torn (\(error))"
            reading.problems.append("the record \(why): what stands before that is shown")
        }
        guard reading.record.kind == kind else {
            throw Unreadable(description: "is JSON, but not a step's report.json: its kind is not \(kind)")
        }
        let version = reading.record.version ?? 0
        if version > currentVersion {
            reading.problems.append(
                "the record is of version \(version), this program knows \(currentVersion): what it knows is shown; a newer "
                    + "kpipe-sidecar shows all")
        } else if version < 1 {
            reading.problems.append("the record names no version it could be read by: it is read as version 1")
        }
        reading.problems += limits.omissions
        if let backwards = reading.record.backwards { reading.problems.append(backwards) }
        return reading
    }

    /// What is to be said of times that do not follow each other.
    private var backwards: String? {
        func isBackwards(_ start: UnixTime?, _ end: UnixTime?) -> Bool {
            guard let start, let end else { return false }
            return end < start
        }
        let times = states.compactMap(\.time)
        let places: [(String, Bool)] = [
            ("the step", isBackwards(start, end)),
            ("its phases", phases.contains { isBackwards($0.start, $0.end) }),
            ("its states", zip(times, times.dropFirst()).contains { $0 > $1 }),
            ("its containers", containers.contains { isBackwards($0.start, $0.end) }),
            ("its tries", attempts.contains { isBackwards($0.start, $0.end) }),
            ("its transfers", files.contains { isBackwards($0.start, $0.end) }),
        ]
        let found = places.filter(\.1).map(\.0)
        guard !found.isEmpty else { return nil }
        return "times run backwards in \(found.joined(separator: ", ")): a clock was set, lengths there are shown as 0"
    }
}
