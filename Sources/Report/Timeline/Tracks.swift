import Basics

/// One row of a timeline.
package struct Track: Sendable, Equatable {
    package var label: String
    package var bars: [Bar] = []
    /// Moments with a word.
    package var marks: [Mark] = []
    /// What a reader without the picture is told.
    package var note = ""
    /// Stands below another, smaller.
    package var isMinor = false

    package init(_ label: String) { self.label = label }

    /// A stretch of time. Times are milliseconds since 1970.
    package struct Bar: Sendable, Equatable {
        package enum Kind: String, Sendable {
            case work, wait, main, good, bad, killed, other
        }

        package var start: Int64
        package var end: Int64
        package var kind: Kind
        package var label: String

        package init(_ start: Int64, _ end: Int64, _ kind: Kind, _ label: String) {
            (self.start, self.end, self.kind, self.label) = (start, max(start, end), kind, label)
        }
    }

    package struct Mark: Sendable, Equatable {
        package var time: Int64
        package var kind: Bar.Kind
        package var label: String

        package init(_ time: Int64, _ kind: Bar.Kind, _ label: String) {
            (self.time, self.kind, self.label) = (time, kind, label)
        }
    }
}

extension RecordedPhase {
    var words: String {
        switch name {
        case .initializing: "fetching inputs"
        case .ready: "waiting for main"
        case .running: "main"
        case .awaitingRetry: "waiting for retry"
        case .storing: "storing outputs"
        case .settled: "waiting for pod's end"
        case .other: "other"
        }
    }

    var kind: Track.Bar.Kind {
        switch name {
        case .initializing, .storing: .work
        case .ready, .awaitingRetry, .settled: .wait
        case .running: .main
        case .other: .other
        }
    }
}

extension StepRecord {
    /// What happened when, top to bottom: phases, states, tries, containers.
    package var tracks: [Track] {
        let now = span.upperBound
        return (phaseTrack(now) + [stateTrack] + attemptTracks(now) + containerTracks(now)).filter {
            !$0.bars.isEmpty || !$0.marks.isEmpty
        }
    }

    private func phaseTrack(_ now: Int64) -> [Track] {
        var track = Track("step")
        track.bars = phases.compactMap { phase in
            phase.start.map {
                let end = phase.end?.milliseconds ?? now
                return Track.Bar(
                    $0.milliseconds, end, phase.kind,
                    "\(phase.words), \(Words.duration(end - $0.milliseconds))")
            }
        }
        return [track]
    }

    private var stateTrack: Track {
        var track = Track("states")
        track.marks = states.compactMap { state in
            state.time.map { time in
                let words = [state.state, state.reason, state.message].compactMap { $0?.printable(limit: 200) }
                return Track.Mark(time.milliseconds, Self.kind(ofState: state.state), words.joined(separator: ": "))
            }
        }
        return track
    }

    static func kind(ofState state: String?) -> Track.Bar.Kind {
        switch state {
        case "DONE", "SUCCESS": .good
        case "ERROR": .bad
        case "KILLED": .killed
        default: .other
        }
    }

    private func attemptTracks(_ now: Int64) -> [Track] {
        attempts.suffix(20).map { attempt in
            var track = Track("main, try \(attempt.number ?? 1)")
            guard let start = attempt.start?.milliseconds else { return track }
            let end = attempt.end?.milliseconds ?? now
            var words = "runs"
            var kind = Track.Bar.Kind.main
            if attempt.end != nil {
                words = attempt.signal.map { "signal \($0)" } ?? attempt.exitCode.map { "exit code \($0)" } ?? "ended"
                kind = attempt.signal != nil ? .killed : attempt.exitCode == 0 ? .good : .bad
            }
            if let reason = attempt.reason { words += ", \(reason.printable(limit: 80))" }
            track.bars = [Track.Bar(start, end, kind, "\(words), \(Words.duration(end - start))")]
            track.note = words
            return track
        }
    }

    private func containerTracks(_ now: Int64) -> [Track] {
        containers.map { container in
            var track = Track("\((container.name ?? "?").printable(limit: 80))")
            guard let start = container.start?.milliseconds else { return track }
            let end = container.end?.milliseconds ?? now
            var words = container.role ?? "container"
            if container.end != nil { words += container.exitCode.map { ", exit code \($0)" } ?? ", ended" }
            if container.restarts > 0 { words += ", \(String(counting: container.restarts, "restart"))" }
            for word in [container.reason, container.note] {
                if let word { words += ", \(word.printable(limit: 300))" }
            }
            let kind: Track.Bar.Kind =
                container.end == nil
                ? (container.role == "main" ? .main : .work)
                : container.exitCode == 0 ? .good : container.exitCode == 137 ? .killed : .bad
            track.bars = [Track.Bar(start, end, kind, "\(words), \(Words.duration(end - start))")]
            track.note = words
            return track
        }
    }

    /// Transfers in lanes, so that those at the same time stand below each other; the longest where there are many.
    package func lanes(of direction: RecordedTransfer.Direction, limit: Int = 220, lanes: Int = 8) -> [[Track.Bar]] {
        var ends: [Int64] = []
        var result: [[Track.Bar]] = []
        let chosen = files.filter { $0.direction == direction && $0.start != nil && $0.end != nil }.mostTelling(limit)
        for file in chosen.sorted(by: { ($0.start?.milliseconds ?? 0) < ($1.start?.milliseconds ?? 0) }) {
            guard let start = file.start?.milliseconds, let end = file.end?.milliseconds else { continue }
            let kind: Track.Bar.Kind =
                file.result == .failed ? .bad : file.retries > 0 ? .killed : file.result == .done ? .work : .wait
            let bar = Track.Bar(start, end, kind, "\(file.name), \(Words.duration(file.took))")
            if let lane = ends.firstIndex(where: { $0 <= start }) {
                ends[lane] = bar.end
                result[lane].append(bar)
            } else if ends.count < lanes {
                ends.append(bar.end)
                result.append([bar])
            }
        }
        return result
    }
}

extension RecordedTransfer {
    /// To show.
    var name: String { (path ?? url ?? "?").printable(limit: 120) }
}
