import Basics

extension StepOverview {
    /// With so many rows a page stays below 400 KB.
    private static let rows = 700
    private static let tracks = 250

    package func html(notes: [String] = []) -> [UInt8] {
        let list = totals.map { "<div><dt>\(HTML.text($0.name))</dt><dd>\(HTML.text($0.text))</dd></div>" }.joined()
        let problems = entries.filter { !$0.problems.isEmpty }.prefix(50).map {
            "\($0.record.title): \($0.problems.joined(separator: "; "))"
        }
        let badge = count("DONE") == entries.count ? Track.Bar.Kind.good : count(nil) > 0 ? .main : .bad
        let body =
            "<header><span class=\"badge \(badge.rawValue)\">\(String(counting: entries.count, "step"))</span>\n"
            + "<h1>\(HTML.text(sentence))</h1>\n<dl>\(list)</dl></header>\n" + StepPage.notes(notes + problems)
            + HTML.section("timeline", "Timeline", timeline) + HTML.section("steps", "Steps", table)
            + "<footer>kpipe-sidecar \(Version.current)</footer>\n"
        return HTML.page(title: sentence, body: body)
    }

    private var timeline: String {
        let shown = foremost(Self.tracks)
        let tracks = shown.map { entry -> Track in
            var track = Track(entry.record.title)
            let record = entry.record
            track.isMinor = shown.count > 40
            track.note = record.outcome?.state.map { $0.printable(limit: 80) } ?? "goes on"
            // How it ended is seen on what main did.
            let ended = record.outcome.map { StepRecord.kind(ofState: $0.state) } ?? .main
            track.bars =
                record.tracks.first { $0.label == "step" }?.bars.map {
                    $0.kind == .main ? Track.Bar($0.start, $0.end, ended, $0.label) : $0
                } ?? []
            if track.bars.isEmpty {
                track.bars = [Track.Bar(record.span.lowerBound, record.span.upperBound, ended, track.note)]
            }
            return track
        }
        let more =
            shown.count < entries.count
            ? "<p class=\"mut\">\(shown.count) of \(entries.count) steps: those that did not succeed, outliers, the longest.</p>\n"
            : ""
        return TrackDrawing.keys(tracks) + more + TrackDrawing(span: span).timeline(tracks)
    }

    private var table: String {
        let shown = foremost(Self.rows)
        let rows = shown.map { entry -> (classes: String, cells: [HTML.Cell]) in
            let record = entry.record
            let state = record.outcome?.state ?? record.states.last?.state ?? "?"
            let kind = StepRecord.kind(ofState: record.outcome?.state)
            let share = ResourceAdvice.all(of: record).first { $0.container == "main" && $0.resource == .memory }?.share
            let marks = entry.outlying.map { "<em>\($0)</em> " }.joined()
            return (
                kind == .bad || kind == .killed ? "bad" : entry.outlying.isEmpty ? "" : "slow",
                [
                    HTML.Cell(record.title, limit: 70), HTML.Cell(state, limit: 40),
                    HTML.Cell(Words.duration(record.length), Double(record.length)),
                    HTML.Cell(
                        record.time(waiting: true).map(Words.duration), record.time(waiting: true).map(Double.init)),
                    HTML.Cell(ByteSize.rounded(record.inputs.bytes), Double(record.inputs.bytes)),
                    HTML.Cell(ByteSize.rounded(record.outputs.bytes), Double(record.outputs.bytes)),
                    HTML.Cell(record.processorTime.map(Words.duration), record.processorTime.map(Double.init)),
                    HTML.Cell(record.memoryPeak.map { ByteSize.rounded($0) }, record.memoryPeak.map(Double.init)),
                    HTML.Cell(share.map { "\($0)%" }, share.map(Double.init)),
                    HTML.Cell(html: marks + HTML.text(record.outcome?.reason ?? "", limit: 80)),
                ]
            )
        }
        let caption =
            shown.count < entries.count
            ? "\(shown.count) of \(entries.count) steps: those that did not succeed, outliers, the longest"
            : "Each step"
        return HTML.table(
            ["step", "state", "took", "waited", "fetched", "stored", "CPU", "memory", "of request", "why"], rows,
            caption: caption)
    }
}
