import Basics

/// A step's record as text, worth reading in 80 columns.
package enum StepText {
    package static let columns = 80
    private static let logLines = 12
    private static let fileLines = 8

    package static func text(_ record: StepRecord, problems: [String] = []) -> String {
        var parts = [wrapped(record.sentence)]
        if let more = record.explanation { parts[0] += wrapped(more, indent: "  ") }
        let notes = (problems + record.warnings).prefix(20).map { wrapped("warning: \($0.printable())", indent: "  ") }
            .joined()
        parts += [notes, timeline(record.tracks, span: record.span), use(record), transfers(record), log(record.log)]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// Tracks as rows of characters: `=` works, `.` waits, `#` main, `+` ended well, `x` failed, `!` killed.
    static func timeline(_ tracks: [Track], span: Range<Int64>, columns: Int = columns) -> String {
        guard !tracks.isEmpty else { return "" }
        let drawing = TrackDrawing(span: span)
        let (gutter, width) = (24, max(20, columns - 36))
        var rows: [(String, String, [Character])] = []
        func column(_ time: Int64) -> Int { min(width - 1, Int(drawing.position(time) * Double(width))) }
        func add(_ label: String, _ took: String, _ bars: [Track.Bar]) {
            var cells = [Character](repeating: " ", count: width)
            for bar in bars {
                for cell in column(bar.start)...column(max(bar.start, bar.end)) { cells[cell] = bar.kind.character }
            }
            rows.append((label, took, cells))
        }
        for track in tracks.prefix(60) {
            if track.marks.isEmpty, track.bars.count > 1 {
                for bar in track.bars.prefix(24) {
                    let name = bar.label.split(separator: ",").first.map(String.init) ?? track.label
                    add(name, Words.duration(bar.end - bar.start), [bar])
                }
            } else if track.marks.isEmpty, let bar = track.bars.first {
                add(track.label, Words.duration(bar.end - bar.start), [bar])
            }
        }
        guard !rows.isEmpty else { return "" }
        let length = Words.duration(Int64(span.count))
        let head =
            padded("TIMELINE", gutter) + String(repeating: " ", count: 10) + "|0s"
            + String(repeating: " ", count: max(1, width - 3 - length.count)) + "\(length)|\n"
        return head
            + rows.map { label, took, cells in
                padded("  " + label, gutter) + leading(took, 9) + " |" + String(cells) + "|\n"
            }.joined()
    }

    private static func use(_ record: StepRecord) -> String {
        let advice = ResourceAdvice.all(of: record)
        guard !advice.isEmpty else { return "" }
        var text =
            padded("USE", 18) + ["MOST", "REQUEST", "OF IT", "LIMIT", "SUGGESTED"].map { leading($0, 11) }.joined()
            + "\n"
        for row in advice {
            let name = "  \(row.container.printable(limit: 8)) \(row.resource == .cpu ? "CPU" : "memory")"
            let cells = [
                row.text(row.used), row.request.map(row.text) ?? "-", row.share.map { "\($0)%" } ?? "-",
                row.limit.map(row.text) ?? "-", row.suggestionText,
            ]
            text += padded(name, 18) + cells.map { leading($0, 11) }.joined() + "\n"
        }
        for basis in Set(advice.map(\.basis)).sorted() { text += wrapped("suggested: \(basis)", indent: "  ") }
        return text
    }

    private static func transfers(_ record: StepRecord) -> String {
        var text = ""
        for (name, sums) in [("INPUTS", record.inputs), ("OUTPUTS", record.outputs)] where sums.total > 0 {
            text += wrapped("\(name)  \(sums.words)")
        }
        let telling = record.files.mostTelling(fileLines).sorted { $0.took > $1.took }
        for file in telling {
            let arrow = file.direction == .input ? "<-" : "->"
            let rate = file.rate.map(Words.rate) ?? (file.result == .done ? "" : file.result.rawValue)
            text +=
                "  \(arrow) " + padded(file.name, 34) + leading(file.bytes.map { ByteSize.rounded($0) } ?? "-", 11)
                + leading(Words.duration(file.took), 9) + leading(rate, 14)
                + (file.retries > 0 ? " x\(file.retries + 1)" : "") + "\n"
            if let error = file.error { text += wrapped(error.printable(limit: 400), indent: "       ") }
        }
        return text
    }

    private static func log(_ log: RecordedLog) -> String {
        guard !log.lines.isEmpty else { return "" }
        return "LOG (its end)\n"
            + log.lines.suffix(logLines).map { "  \(cut($0.printable(limit: 300), columns - 2))\n" }.joined()
    }

    /// Lines of no more than `columns`, broken at spaces where there are any.
    static func wrapped(_ text: String, indent: String = "") -> String {
        var lines: [String] = []
        var line = indent
        for word in text.split(separator: " ") {
            if line.count > indent.count, line.count + 1 + word.count > columns {
                lines.append(line)
                line = indent + (indent.isEmpty ? "  " : "")
            }
            line += (line.allSatisfy { $0 == " " } ? "" : " ") + word
        }
        return (lines + [line]).map { $0 + "\n" }.joined()
    }

    static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 1) + "…"
    }

    static func padded(_ text: String, _ width: Int) -> String {
        let shown = cut(text, width - 1)
        return shown + String(repeating: " ", count: width - shown.count)
    }

    static func leading(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}

extension Track.Bar.Kind {
    fileprivate var character: Character {
        switch self {
        case .work: "="
        case .wait: "."
        case .main: "#"
        case .good: "+"
        case .bad: "x"
        case .killed: "!"
        case .other: "-"
        }
    }
}
