import Basics

/// A step's record as one page: it asks nobody for anything and says everything in words, too.
package enum StepPage {
    /// Transfers that have a row; the others are in the sums.
    static let rows = 500
    private static let logLines = 300
    /// Bytes of the log; with all else a page stays below 400 KB.
    private static let logBytes = 40 << 10

    /// - Parameters:
    ///   - problems: what is wrong with the record itself.
    ///   - refresh: while it is served, seconds until it is asked for anew.
    package static func html(_ record: StepRecord, problems: [String] = [], refresh: Int? = nil) -> [UInt8] {
        let body =
            head(record) + notes(problems + record.warnings) + timeline(record)
            + HTML.section("use", "What was used", use(record))
            + HTML.section("transfers", "Transfers", transfers(record))
            + HTML.section("log", "The end of main's log", log(record.log))
            + HTML.section("containers", "Containers", containers(record)) + foot(record)
        return HTML.page(title: "\(record.title): \(record.outcome?.state ?? "running")", refresh: refresh, body: body)
    }

    static func badge(_ record: StepRecord) -> String {
        let state = record.outcome?.state ?? record.states.last?.state ?? "running"
        let kind = record.outcome == nil ? Track.Bar.Kind.main : StepRecord.kind(ofState: state)
        return "<span class=\"badge \(kind.rawValue)\">\(HTML.text(state, limit: 80))</span>"
    }

    private static func head(_ record: StepRecord) -> String {
        let step = record.step
        let facts: [(String, String?)] = [
            ("namespace", step.namespace), ("Job", step.job), ("pod", step.pod), ("node", step.node), ("uid", step.uid),
            ("began", record.start.map(Words.moment)), ("ended", record.end.map(Words.moment)),
            ("worked", record.time(waiting: false).map(Words.duration)),
            ("waited", record.time(waiting: true).map(Words.duration)),
        ]
        let list = facts.compactMap { name, value in
            value.map { "<div><dt>\(name)</dt><dd>\(HTML.text($0, limit: 253))</dd></div>" }
        }
        let more = record.explanation.map { "<p>\(HTML.text($0, limit: 1400))</p>\n" } ?? ""
        return "<header>\(badge(record))\n<h1>\(HTML.text(record.sentence, limit: 1400))</h1>\n\(more)"
            + "<dl>\(list.joined())</dl></header>\n"
    }

    static func notes(_ texts: [String]) -> String {
        texts.isEmpty
            ? "" : "<div class=\"note\" role=\"note\">" + texts.map { "<p>\(HTML.text($0))</p>" }.joined() + "</div>\n"
    }

    private static func timeline(_ record: StepRecord) -> String {
        var tracks = record.tracks
        for direction in RecordedTransfer.Direction.allCases {
            for (index, lane) in record.lanes(of: direction).enumerated() {
                var track = Track(index == 0 ? "\(direction.rawValue)s" : "")
                (track.bars, track.isMinor) = (lane, true)
                tracks.append(track)
            }
        }
        let drawing = TrackDrawing(span: record.span)
        return HTML.section(
            "timeline", "Timeline",
            tracks.isEmpty ? "" : TrackDrawing.keys(tracks) + drawing.timeline(tracks) + states(record))
    }

    /// The picture's words, for those who do not see it.
    private static func states(_ record: StepRecord) -> String {
        guard !record.states.isEmpty || !record.phases.isEmpty else { return "" }
        let begin = record.span.lowerBound
        func at(_ time: UnixTime?) -> HTML.Cell { .time(time.map { $0.milliseconds - begin }) }
        var rows: [(start: Int64, row: HTML.Row)] = []
        for phase in record.phases {
            let length = phase.start.map { (phase.end?.milliseconds ?? record.span.upperBound) - $0.milliseconds }
            let row = HTML.Row(at(phase.start), HTML.Cell(phase.words), .time(length))
            rows.append((phase.start?.milliseconds ?? 0, row))
        }
        for state in record.states.suffix(300) {
            let words = [state.state, state.reason, state.message].compactMap { $0 }.joined(separator: ": ")
            let row = HTML.Row(at(state.time), HTML.Cell(words, limit: 300), .time(nil))
            rows.append((state.time?.milliseconds ?? 0, row))
        }
        let table = HTML.table(
            ["after", "what", "took"], rows.sorted { $0.start < $1.start }.map(\.row), caption: "Phases and states",
            sortable: false)
        return "<details><summary>Table: phases and states</summary>\(table)</details>\n"
    }

    private static func use(_ record: StepRecord) -> String {
        let plots = record.plots.map(\.html).joined()
        let advice = ResourceAdvice.all(of: record)
        var html = ""
        if !advice.isEmpty {
            let rows = advice.map { advice in
                HTML.Row(
                    HTML.Cell(advice.container), HTML.Cell(advice.resource == .cpu ? "CPU" : "memory"),
                    HTML.Cell(advice.text(advice.used), Double(advice.used)),
                    HTML.Cell(advice.request.map(advice.text) ?? "not known", advice.request.map(Double.init)),
                    HTML.Cell(advice.share.map { "\($0)%" }, advice.share.map(Double.init)),
                    HTML.Cell(advice.limit.map(advice.text) ?? "none seen", advice.limit.map(Double.init)),
                    HTML.Cell(advice.suggestionText, Double(advice.suggestion)), HTML.Cell(advice.basis),
                    classes: advice.basis.hasPrefix("out of") ? "bad" : "")
            }
            html += HTML.table(
                [
                    "container", "resource", "most used", "request", "of request", "limit", "suggested request",
                    "because",
                ], rows,
                caption: "Asked for and used", sortable: false)
        }
        let totals = record.usage.map { usage -> String in
            let parts = [
                usage.cpu.map { "\(RecordLimits.thousandths($0 / 10 * 10)) s of CPU" },
                usage.throttled.flatMap { $0 > 0 ? "\(Words.duration($0)) held back by the CPU limit" : nil },
                usage.memoryPeak.map { "at most \(ByteSize.rounded($0)) charged" },
                usage.oomKills.flatMap {
                    $0 > 0 ? String(counting: $0, "process ended", "processes ended") + " for want of memory" : nil
                },
                usage.read.map { "\(ByteSize.rounded($0)) read" },
                usage.written.map { "\(ByteSize.rounded($0)) written" },
            ].compactMap { $0 }
            return parts.isEmpty
                ? ""
                : "<p class=\"mut\">\(HTML.text("\(usage.container ?? "?"): \(parts.joined(separator: ", "))"))</p>\n"
        }
        html += totals.joined() + plots
        if !html.isEmpty, plots.isEmpty {
            html += "<p class=\"mut\">No samples over time: monitor.interval in the configuration asks for them.</p>\n"
        }
        return html
    }

    private static func transfers(_ record: StepRecord) -> String {
        var html = ""
        for (name, sums) in [("inputs", record.inputs), ("outputs", record.outputs)] where sums.total > 0 {
            html += "<p>\(HTML.text("\(name): \(sums.words)"))</p>\n"
        }
        let shown = record.files.mostTelling(rows)
        guard !shown.isEmpty else { return html }
        let slowest = Set(
            shown.indices.filter { shown[$0].result == .done && shown[$0].took > 0 }.sorted {
                shown[$0].took > shown[$1].took
            }
            .prefix(shown.count > 10 ? 5 : 1))
        let cells = shown.enumerated().map { index, file -> HTML.Row in
            let isSlow = slowest.contains(index) && shown.count > 1
            let mark = file.result == .failed ? "failed" : file.retries > 0 ? "tried again" : isSlow ? "slowest" : ""
            let result = [
                file.result == .done ? "" : file.result.rawValue, file.error.map { $0.printable(limit: 300) } ?? "",
            ]
            .filter { !$0.isEmpty }.joined(separator: ": ")
            return HTML.Row(
                HTML.Cell(file.direction.rawValue), HTML.Cell(file.path ?? file.url ?? "?"), .bytes(file.bytes),
                .time(file.took), .time(file.waited), HTML.Cell(file.rate.map(Words.rate), file.rate),
                HTML.Cell(file.retries > 0 ? "\(file.retries)" : "", Double(file.retries)),
                HTML.Cell(html: (mark.isEmpty ? "" : "<em>\(mark)</em> ") + HTML.text(result, limit: 400)),
                classes: file.result == .failed ? "bad" : file.retries > 0 ? "killed" : isSlow ? "slow" : "")
        }
        let all = record.inputs.total + record.outputs.total
        let caption =
            all > Int64(shown.count)
            ? "\(shown.count) of \(all) transfers: failed ones, those tried again, the slowest" : "Each transfer"
        return html
            + HTML.table(
                ["way", "file", "size", "took", "waited", "rate", "retries", "result"], cells, caption: caption)
    }

    private static func log(_ log: RecordedLog) -> String {
        guard !log.lines.isEmpty else { return "" }
        var lines: [String] = []
        var room = logBytes
        for line in log.lines.suffix(logLines).reversed() {
            let text = HTML.text(line, limit: 500)
            room -= text.utf8.count + 8
            guard room > 0 else { break }
            lines.append(
                line.hasPrefix("ERROR> ") ? "<b>\(text)</b>" : line.hasPrefix("WRAPPER> ") ? "<u>\(text)</u>" : text)
        }
        let left = log.omitted > 0 || lines.count < log.lines.count
        let before = left ? "<p class=\"mut\">Earlier lines are in output/log.</p>\n" : ""
        return before + "<pre tabindex=\"0\" aria-label=\"log\">\(lines.reversed().joined(separator: "\n"))</pre>\n"
    }

    private static func containers(_ record: StepRecord) -> String {
        guard !record.containers.isEmpty else { return "" }
        let rows = record.containers.map { container -> HTML.Row in
            let took = container.start.map { (container.end?.milliseconds ?? record.span.upperBound) - $0.milliseconds }
            let end = [container.exitCode.map { "exit code \($0)" }, container.reason, container.note].compactMap { $0 }
            return HTML.Row(
                HTML.Cell(container.name ?? "?"), HTML.Cell(container.role ?? ""), HTML.Cell(container.image ?? ""),
                .time(took), HTML.Cell("\(container.restarts)", Double(container.restarts)),
                HTML.Cell(end.joined(separator: ", "), limit: 400))
        }
        return HTML.table(
            ["name", "role", "image", "ran", "restarts", "end"], rows, caption: "Containers of the pod", sortable: false
        )
    }

    static func foot(_ record: StepRecord) -> String {
        let parts = [
            "kpipe-sidecar \(record.program ?? Version.current)", record.made.map { "made \(Words.moment($0))" },
        ]
        return "<footer>\(HTML.text(parts.compactMap { $0 }.joined(separator: ", ")))</footer>\n"
    }
}

extension StepRecord {
    /// Milliseconds of phases that were waits, or were not; `nil` where no phases are known.
    func time(waiting: Bool) -> Int64? {
        phases.isEmpty ? nil : time { ($0.kind == .wait) == waiting }
    }

    func time(_ isMeant: (RecordedPhase) -> Bool) -> Int64 {
        phases.filter(isMeant).reduce(0) { sum, phase in
            guard let start = phase.start else { return sum }
            return sum + max(0, (phase.end?.milliseconds ?? span.upperBound) - start.milliseconds)
        }
    }
}

extension TransferSums {
    /// `12 files, 4.2 GiB in 2m 1s (35.2 MiB/s); 3 retries; single transfers waited 4s in all`.
    var words: String {
        var parts = [String(counting: files, "file") + ", " + ByteSize.rounded(bytes)]
        if let took, files > 0 {
            parts[0] += " in \(Words.duration(took))"
            if took > 0 { parts[0] += " (\(Words.rate(Double(bytes) * 1000 / Double(took))))" }
        }
        if skipped > 0 { parts.append("\(skipped) already in place") }
        if failed > 0 { parts.append("\(failed) failed") }
        if leftOut > 0 { parts.append("\(leftOut) left out") }
        if retries > 0 { parts.append(String(counting: retries, "retry", "retries")) }
        if let waited, waited > 0 { parts.append("single transfers waited \(Words.duration(waited)) in all") }
        if let digest, digest > 0 { parts.append("SHA-256 took \(Words.duration(digest)) of CPU") }
        return parts.joined(separator: "; ")
    }
}
