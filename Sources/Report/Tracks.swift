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

/// Draws timelines: a label beside a row of bars, all rows over the same time.
struct TrackDrawing {
    /// Milliseconds since 1970.
    let span: Range<Int64>

    func position(_ time: Int64) -> Double {
        Double(min(max(time, span.lowerBound), span.upperBound) - span.lowerBound) / Double(span.count)
    }

    /// From the beginning, at round durations: at most eight of them.
    private var ticks: [Int64] {
        let steps: [Int64] = [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
            600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000,
            172_800_000, 604_800_000,
        ]
        let length = Int64(span.count)
        let step = steps.first { length / $0 <= 8 } ?? max(1, length / 8)
        return Array(stride(from: 0, through: length, by: Int(step))).map { Int64($0) }
    }

    /// The ticks' words, to stand at a height.
    func scale(y: Int) -> String {
        ticks.map { tick in
            let place = Double(tick) / Double(span.count)
            // The last may not fit to its right.
            let anchor = place > 0.93 ? "end" : place == 0 ? "start" : "middle"
            return
                "<text x=\"\(HTML.percent(place))\" y=\"\(y)\" text-anchor=\"\(anchor)\">\(Words.duration(tick))</text>"
        }.joined()
    }

    private func row(_ track: Track) -> String {
        let height = track.isMinor ? 11 : 18
        var svg = "<rect class=\"bed\" width=\"100%\" height=\"\(height)\" y=\"\(track.isMinor ? 1 : 3)\"/>"
        for bar in track.bars { svg += draw(bar, height, y: track.isMinor ? 1 : 3) }
        for mark in track.marks {
            svg +=
                "<circle class=\"bar \(mark.kind.rawValue)\" cx=\"\(HTML.percent(position(mark.time)))\" cy=\"12\" r=\"5\">"
                + "<title>\(HTML.text(mark.label))</title></circle>"
        }
        let told =
            ([track.label, track.note] + track.bars.prefix(12).map(\.label) + track.marks.prefix(30).map(\.label))
            .filter { !$0.isEmpty }
        return "<div class=\"row\(track.isMinor ? " minor" : "")\"><span title=\"\(HTML.text(track.label))\">"
            + "\(HTML.text(track.label))</span><svg role=\"img\" aria-label=\"\(HTML.text(told.joined(separator: "; "), limit: 1500))\">"
            + "\(svg)</svg></div>\n"
    }

    private func draw(_ bar: Track.Bar, _ height: Int, y: Int) -> String {
        let from = position(bar.start)
        let width = position(bar.end) - from
        // However short, it is seen: half a thousandth at least.
        let shown = max(width, 0.0015)
        return "<rect class=\"bar \(bar.kind.rawValue)\" x=\"\(HTML.percent(min(from, 1 - 0.0015)))\" y=\"\(y)\" "
            + "width=\"\(HTML.percent(shown))\" height=\"\(height)\" rx=\"2\"><title>\(HTML.text(bar.label))</title></rect>"
    }

    func timeline(_ tracks: [Track]) -> String {
        guard !tracks.isEmpty else { return "" }
        return "<div class=\"row axis\"><span></span><svg aria-hidden=\"true\">\(scale(y: 13))</svg></div>\n"
            + tracks.map(row).joined()
    }

    /// Which colour means what, of those that occur.
    static func keys(_ tracks: [Track]) -> String {
        let kinds = Set(tracks.flatMap { $0.bars.map(\.kind) + $0.marks.map(\.kind) })
        let words: [(Track.Bar.Kind, String)] = [
            (.work, "works"), (.wait, "waits"), (.main, "main runs"), (.good, "ended well"), (.bad, "failed"),
            (.killed, "killed, or tried again"), (.other, "other"),
        ]
        let shown = words.filter { kinds.contains($0.0) }.map { "<span><i class=\"\($0.rawValue)\"></i>\($1)</span>" }
        return "<div class=\"keys\">\(shown.joined())</div>\n"
    }
}
