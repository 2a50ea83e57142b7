package import Basics

/// Many steps as one: totals, one timeline, a table, and which of them are not like the others.
package struct StepOverview: Sendable {
    package struct Entry: Sendable {
        package var record: StepRecord
        package var problems: [String]
        /// What is unusual about it: `slow`, `memory`.
        package fileprivate(set) var outlying: [String] = []

        package init(_ record: StepRecord, problems: [String] = []) {
            (self.record, self.problems) = (record, problems)
        }
    }

    /// By their beginning.
    package private(set) var entries: [Entry]

    /// Fewer cannot say what is usual.
    private static let fewest = 8

    package init(_ entries: [Entry]) {
        self.entries = entries.enumerated().sorted { left, right in
            (left.element.record.span.lowerBound, left.offset) < (right.element.record.span.lowerBound, right.offset)
        }.map(\.element)
        mark("slow") { $0.outcome == nil ? nil : $0.length }
        mark("memory") { $0.memoryPeak }
    }

    /// Beyond the third quartile by more than one and a half times what lies between the quartiles, and by a fifth.
    private mutating func mark(_ word: String, _ value: (StepRecord) -> Int64?) {
        let values = entries.compactMap { value($0.record) }.sorted()
        guard values.count >= Self.fewest else { return }
        let (low, middle, high) = (values[values.count / 4], values[values.count / 2], values[values.count * 3 / 4])
        let fence = max(Double(high) + 1.5 * Double(high - low), Double(middle) * 1.2)
        for index in entries.indices {
            if let value = value(entries[index].record), Double(value) > fence { entries[index].outlying.append(word) }
        }
    }

    private var span: Range<Int64> {
        let spans = entries.map(\.record.span)
        let start = spans.map(\.lowerBound).min() ?? 0
        return start..<max(start + 1, spans.map(\.upperBound).max() ?? 0)
    }

    private func count(_ state: String?) -> Int { entries.count { $0.record.outcome?.state == state } }

    package var sentence: String {
        let (done, running) = (count("DONE"), count(nil))
        var parts = ["\(done) succeeded"]
        if entries.count > done + running { parts.append("\(entries.count - done - running) did not") }
        if running > 0 { parts.append(running == 1 ? "1 goes on" : "\(running) go on") }
        return "\(String(counting: entries.count, "step")) in \(Words.duration(Int64(span.count))): "
            + parts.joined(separator: ", ") + "."
    }

    /// What all of them took, moved and used, in words.
    package var totals: [(name: String, text: String)] {
        func sum(_ value: (StepRecord) -> Int64?) -> Int64 {
            entries.reduce(0) { $0.addingReportingOverflow(value($1.record) ?? 0).partialValue }
        }
        let peak = entries.compactMap(\.record.memoryPeak).max()
        return [
            ("time of all", Words.duration(sum { $0.length })),
            ("main ran", Words.duration(sum { $0.time { $0.name == .running } })),
            ("waited", Words.duration(sum { $0.time(waiting: true) })),
            (
                "fetched",
                "\(String(counting: sum { $0.inputs.files }, "file")), \(ByteSize.rounded(sum { $0.inputs.bytes }))"
            ),
            (
                "stored",
                "\(String(counting: sum { $0.outputs.files }, "file")), \(ByteSize.rounded(sum { $0.outputs.bytes }))"
            ),
            ("CPU", Words.duration(sum { $0.processorTime })),
            ("most memory", peak.map { ByteSize.rounded($0) } ?? "not known"),
            ("tries", "\(sum { $0.outcome?.attempts ?? Int64($0.attempts.count) })"),
        ]
    }

    /// Those that one looks for first: failed, then outlying, then the longest.
    private func foremost(_ limit: Int) -> [Entry] {
        guard entries.count > limit else { return entries }
        func rank(_ entry: Entry) -> Int {
            entry.record.outcome.map { $0.state != "DONE" } == true ? 0 : entry.outlying.isEmpty ? 2 : 1
        }
        return entries.enumerated().sorted { left, right in
            (rank(left.element), -left.element.record.length, left.offset)
                < (rank(right.element), -right.element.record.length, right.offset)
        }.prefix(limit).sorted { $0.offset < $1.offset }.map(\.element)
    }

    /// All records in one document.
    package var json: JSONValue {
        [
            "kind": "StepReports", "version": .integer(StepRecord.currentVersion),
            "totals": .object(totals.map { .init($0.name, .string($0.text)) }),
            "outliers": .array(
                entries.filter { !$0.outlying.isEmpty }.map { entry in
                    ["step": .string(entry.record.title), "why": .array(entry.outlying.map { .string($0) })]
                }),
            "steps": .array(entries.map(\.record.json)),
        ]
    }
}

extension StepRecord {
    fileprivate var memoryPeak: Int64? {
        usage.first { $0.container == "main" }.flatMap { $0.workingSetPeak ?? $0.memoryPeak }
    }
    /// Milliseconds, of all containers.
    fileprivate var processorTime: Int64? {
        let times = usage.compactMap(\.cpu)
        return times.isEmpty ? nil : times.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }
}

extension StepOverview {
    /// A line a step, in 80 columns, and totals.
    package func text(notes: [String] = []) -> String {
        var text = StepText.wrapped(sentence)
        for note in notes { text += StepText.wrapped("warning: \(note.printable())", indent: "  ") }
        text += "\n" + StepText.padded("STEP", 30) + StepText.padded("STATE", 12)
        text += ["TOOK", "WAITED", "CPU", "MEMORY"].map { StepText.leading($0, 9) }.joined() + "\n"
        for entry in entries {
            let record = entry.record
            let state = record.outcome?.state ?? record.states.last?.state ?? "?"
            let cells = [
                Words.duration(record.length), record.time(waiting: true).map(Words.duration) ?? "-",
                record.processorTime.map(Words.duration) ?? "-", record.memoryPeak.map { ByteSize.rounded($0) } ?? "-",
            ]
            text += StepText.padded(record.title, 30) + StepText.padded(state.printable(limit: 40), 12)
            text += cells.map { StepText.leading($0, 9) }.joined() + "\n"
            let why =
                [record.outcome?.reason?.printable(limit: 80)].compactMap { $0 }
                + entry.outlying.map { "outlier: \($0)" } + entry.problems.map { $0.printable() }
            if !why.isEmpty { text += StepText.wrapped(why.joined(separator: "; "), indent: "    ") }
        }
        return text + "\n" + totals.map { StepText.padded($0.name, 14) + "\($0.text)\n" }.joined()
    }

    /// As JUnit writes it: a step is a test, one that did not succeed a failure. For CI that shows such files.
    package var junit: String {
        let failed = entries.count { $0.record.outcome.map { $0.state != "DONE" } == true }
        func seconds(_ milliseconds: Int64) -> String { RecordLimits.thousandths(milliseconds) }
        var xml =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"kpipe-sidecar\" "
            + "tests=\"\(entries.count)\" failures=\"\(failed)\" skipped=\"\(count(nil))\" time=\"\(seconds(Int64(span.count)))\">\n"
        for entry in entries {
            let record = entry.record
            let group = [record.step.namespace, record.step.job].compactMap { $0 }.joined(separator: ".")
            xml +=
                "<testcase classname=\"\(HTML.text(group))\" name=\"\(HTML.text(record.title))\" time=\"\(seconds(record.length))\">"
            if let outcome = record.outcome, outcome.state != "DONE" {
                xml +=
                    "<failure type=\"\(HTML.text(outcome.reason ?? outcome.state ?? ""))\" message=\"\(HTML.text(record.sentence))\">"
                xml += "\(HTML.text(outcome.message ?? "", limit: 4096))</failure>"
            } else if record.outcome == nil {
                xml += "<skipped message=\"it goes on\"/>"
            }
            if !record.log.lines.isEmpty {
                let lines = record.log.lines.suffix(100).map { HTML.text($0) }.joined(separator: "\n")
                xml += "<system-out>\(lines)</system-out>"
            }
            xml += "</testcase>\n"
        }
        return xml + "</testsuite>\n</testsuites>\n"
    }
}

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
        let rows = shown.map { entry -> HTML.Row in
            let record = entry.record
            let state = record.outcome?.state ?? record.states.last?.state ?? "?"
            let kind = StepRecord.kind(ofState: record.outcome?.state)
            let share = ResourceAdvice.all(of: record).first { $0.container == "main" && $0.resource == .memory }?.share
            let marks = entry.outlying.map { "<em>\($0)</em> " }.joined()
            return HTML.Row(
                HTML.Cell(record.title, limit: 70), HTML.Cell(state, limit: 40), .time(record.length),
                .time(record.time(waiting: true)), .bytes(record.inputs.bytes), .bytes(record.outputs.bytes),
                .time(record.processorTime), .bytes(record.memoryPeak),
                HTML.Cell(share.map { "\($0)%" }, share.map(Double.init)),
                HTML.Cell(html: marks + HTML.text(record.outcome?.reason ?? "", limit: 80)),
                classes: kind == .bad || kind == .killed ? "bad" : entry.outlying.isEmpty ? "" : "slow")
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
