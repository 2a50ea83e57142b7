import Basics

/// The pods of a Job, or one, as the API server knows them: so that why it hangs is one picture.
package enum JobPage {
    package struct Pod: Sendable {
        package var record: StepRecord
        /// One sentence.
        package var verdict: String
        /// What else is to be said.
        package var notes: [String]

        package init(_ record: StepRecord, verdict: String, notes: [String]) {
            (self.record, self.verdict, self.notes) = (record, verdict, notes)
        }
    }

    /// - Parameters:
    ///   - title: what was asked about.
    ///   - sentence: how it stands with it.
    ///   - left: pods that are not shown.
    package static func html(title: String, sentence: String, pods: [Pod], left: Int = 0) -> [UInt8] {
        let spans = pods.map(\.record.span)
        let start = spans.map(\.lowerBound).min() ?? 0
        let drawing = TrackDrawing(span: start..<max(start + 1, spans.map(\.upperBound).max() ?? 0))
        let tracks = pods.flatMap(tracks)
        let more = left > 0 ? "<p class=\"mut\">\(String(counting: left, "more pod")) not shown.</p>\n" : ""
        let body =
            "<header><span class=\"badge other\">\(HTML.text(title, limit: 300))</span>\n<h1>\(HTML.text(sentence, limit: 1400))</h1>"
            + "</header>\n\(more)"
            + HTML.section(
                "timeline", "Timeline", tracks.isEmpty ? "" : TrackDrawing.keys(tracks) + drawing.timeline(tracks))
            + pods.map(section).joined() + "<footer>kpipe-sidecar \(Version.current)</footer>\n"
        return HTML.page(title: "\(title): \(sentence)", body: body)
    }

    private static func tracks(_ pod: Pod) -> [Track] {
        let record = pod.record
        var whole = Track(record.title)
        let kind = record.outcome.map { StepRecord.kind(ofState: $0.state) } ?? .other
        whole.bars = [
            Track.Bar(record.span.lowerBound, record.span.upperBound, kind, pod.verdict.printable(limit: 300))
        ]
        var parts = record.tracks.filter { $0.label != "step" && !$0.label.hasPrefix("main, try") }
        for index in parts.indices { parts[index].isMinor = parts[index].marks.isEmpty }
        return [whole] + record.instanceTracks + parts
    }

    private static func section(_ pod: Pod) -> String {
        let record = pod.record
        let rows = record.containers.map { container -> HTML.Row in
            let took = container.start.map {
                max(0, (container.end?.milliseconds ?? record.span.upperBound) - $0.milliseconds)
            }
            let state =
                container.end != nil
                ? container.exitCode.map { "exit code \($0)" } : container.start != nil ? "runs" : "waits"
            return HTML.Row(
                HTML.Cell(container.name ?? "?"), HTML.Cell(container.role ?? ""),
                HTML.Cell([state, container.reason].compactMap { $0 }.joined(separator: ", ")), .time(took),
                HTML.Cell("\(container.restarts)", Double(container.restarts)),
                HTML.Cell(container.note ?? "", limit: 600), classes: container.note == nil ? "" : "slow")
        }
        let states = record.states.suffix(60).map { state -> HTML.Row in
            let words = [state.state, state.reason, state.message].compactMap { $0 }.joined(separator: ": ")
            return HTML.Row(HTML.Cell(state.time.map(Words.moment) ?? ""), HTML.Cell(words, limit: 500))
        }
        let table = HTML.table(
            ["container", "counts as", "state", "ran", "restarts", "what is to be said"], rows, caption: "Containers",
            sortable: false)
        let events =
            states.isEmpty
            ? ""
            : "<details><summary>Table: conditions, Events and what was tried</summary>"
                + HTML.table(["when", "what"], states, caption: "In order", sortable: false) + "</details>\n"
        return "<section>\n<h2>\(HTML.text(record.title))</h2>\n<p>\(HTML.text(pod.verdict))</p>\n"
            + StepPage.notes(pod.notes) + table + events + "</section>\n"
    }
}

extension StepRecord {
    /// Earlier instances of main: what the kubelet still knows of them.
    fileprivate var instanceTracks: [Track] {
        attempts.dropLast().map { attempt in
            var track = Track("main, try \(attempt.number ?? 1)")
            track.isMinor = true
            if let start = attempt.start?.milliseconds {
                let words =
                    attempt.exitCode.map { "exit code \($0)" } ?? attempt.reason?.printable(limit: 80) ?? "ended"
                let end = attempt.end?.milliseconds ?? span.upperBound
                track.bars = [
                    Track.Bar(
                        start, end, attempt.exitCode == 0 ? .good : .bad, "\(words), \(Words.duration(end - start))")
                ]
            }
            return track
        }
    }
}
