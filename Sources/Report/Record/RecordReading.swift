import Basics

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
