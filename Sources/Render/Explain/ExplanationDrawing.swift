internal import Basics
internal import Conversion

/// A pod's life as bars over a time without a scale: who waits for whom, and who outlives whom.
package struct PodTimeline: Sendable, Equatable {
    package enum Phase: String, Sendable {
        /// Runs, and what follows waits for it.
        case starting
        case running
        /// Has been told to end.
        case ending
        /// Runs on, and nothing ends it.
        case open
    }

    package struct Bar: Sendable, Equatable {
        package let phase: Phase
        package let span: Range<Int>
    }

    package struct Row: Sendable, Equatable {
        package let name: String
        package let role: PodStory.Member.Role
        package let bars: [Bar]
    }

    package private(set) var rows: [Row] = []
    /// When main starts, and when it ends (or is told to, where it never ends by itself).
    package private(set) var mainStart = 0
    package private(set) var mainEnd = 0
    package private(set) var length = 0

    private static let step = 4
    private static let run = 12

    package init(_ story: PodStory) {
        var time = 0
        var started: [(member: PodStory.Member, from: Int, until: Int)] = []
        for member in story.members where member.role == .initial || member.role == .native {
            let until = time + (member.gates.isEmpty ? 1 : Self.step)
            started.append((member, time, until))
            time = until
        }
        mainStart = time
        mainEnd = time + Self.run
        // Natives end one after another, the last one first.
        var end = mainEnd
        var ends: [String: Int] = [:]
        for native in story.natives.reversed() {
            end += Self.step - 1
            ends[native.name] = end
        }
        length = max(end, story.sidecars.isEmpty ? end : mainEnd + 2 * Self.step)
        for (member, from, until) in started {
            guard let end = ends[member.name] else {
                rows.append(Row(name: member.name, role: .initial, bars: [Bar(phase: .starting, span: from..<until)]))
                continue
            }
            let bars = [
                Bar(phase: .starting, span: from..<until), Bar(phase: .running, span: until..<end - (Self.step - 1)),
                Bar(phase: .ending, span: end - (Self.step - 1)..<end),
            ]
            rows.append(Row(name: member.name, role: .native, bars: bars))
        }
        for member in story.members where member.role == .main || member.role == .sidecar {
            var bars = [Bar(phase: .running, span: mainStart..<mainEnd)]
            if member.role == .sidecar, story.isToEnd { bars.append(Bar(phase: .open, span: mainEnd..<length)) }
            rows.append(Row(name: member.name, role: member.role, bars: bars))
        }
    }
}

/// Explanations for a terminal.
package enum ExplanationText {
    package static func text(_ explanations: [PodExplanation], file: String) -> String {
        explanations.map { text($0, file: file) }.joined(separator: "\n")
    }

    private static func text(_ one: PodExplanation, file: String) -> String {
        var lines = ["\(one.before.title), restartPolicy \(one.before.restartPolicy)"]
        if let after = one.after {
            lines += ["", "  today"] + timeline(one.before) + ["", "  with native sidecars"] + timeline(after)
            lines.append("")
            for (old, new) in zip(one.before.outcomes, after.outcomes) {
                lines.append("  \(old.event)")
                lines +=
                    old.result == new.result
                    ? ["    as today: \(new.result)"] : ["    today: \(old.result)", "    then:  \(new.result)"]
            }
        } else {
            lines += [""] + timeline(one.before) + [""] + one.before.outcomes.map { "  \($0.event): \($0.result)" }
        }
        if !one.findings.isEmpty {
            lines += ["", "  what was found"] + one.findings.map { "    \($0.text(file: file))" }
        }
        return lines.map { $0.printable(limit: 4096) + "\n" }.joined()
    }

    private static func timeline(_ story: PodStory) -> [String] {
        let timeline = PodTimeline(story)
        let width = timeline.rows.map(\.name.count).max() ?? 0
        return timeline.rows.map { row in
            var cells = [Character](repeating: " ", count: timeline.length)
            for bar in row.bars {
                let sign: Character =
                    switch bar.phase {
                    case .starting: row.role == .native ? "." : "="
                    case .running: "="
                    case .ending: "x"
                    case .open: ">"
                    }
                for index in bar.span { cells[index] = sign }
            }
            let name = row.name + String(repeating: " ", count: width - row.name.count)
            return "    \(name)  \(String(cells))  \(row.role.rawValue)"
        }
    }

    package static let legend =
        "= runs   . holds back what follows   x ends after SIGTERM   > runs on, and nothing ends it\n"
}

/// Explanations as one self-contained SVG: no script, no font and no picture from elsewhere.
package enum ExplanationDrawing {
    private static let unit = 16
    private static let rowHeight = 22
    private static let left = 180

    package static func svg(_ explanations: [PodExplanation]) -> String {
        var drawing = Drawing()
        for one in explanations {
            drawing.head("\(one.before.title), restartPolicy \(one.before.restartPolicy)")
            drawing.timeline(one.before, one.after == nil ? "as it is" : "today")
            if let after = one.after { drawing.timeline(after, "with native sidecars") }
            let results = (one.after ?? one.before).outcomes
            for (old, new) in zip(one.before.outcomes, results) {
                drawing.line("\(new.event): \(new.result)", old.result == new.result ? "" : "today: \(old.result)")
            }
            drawing.space()
        }
        return drawing.text
    }

    private struct Drawing {
        private var parts: [String] = []
        private var y = 10
        private var width = 900

        mutating func head(_ words: String) {
            y += 24
            parts.append("<text class=\"h\" x=\"10\" y=\"\(y)\">\(escaped(words))</text>")
            y += 8
        }

        mutating func space() { y += 16 }

        mutating func line(_ words: String, _ old: String) {
            y += 18
            parts.append("<text x=\"10\" y=\"\(y)\">\(escaped(words))</text>")
            width = max(width, 20 + 7 * max(words.count, old.count + 2))
            guard !old.isEmpty else { return }
            y += 16
            parts.append("<text class=\"o\" x=\"24\" y=\"\(y)\">\(escaped(old))</text>")
        }

        mutating func timeline(_ story: PodStory, _ words: String) {
            let timeline = PodTimeline(story)
            y += 20
            parts.append("<text class=\"o\" x=\"10\" y=\"\(y)\">\(escaped(words))</text>")
            y += 6
            let top = y
            for row in timeline.rows {
                parts.append("<text x=\"10\" y=\"\(y + 15)\">\(escaped(String(row.name.prefix(24))))</text>")
                for bar in row.bars where !bar.span.isEmpty {
                    let words = "\(row.name): \(row.role.rawValue), \(bar.phase.rawValue)"
                    parts.append(
                        "<rect class=\"\(bar.phase.rawValue)\" x=\"\(left + bar.span.lowerBound * unit)\" y=\"\(y + 3)\" "
                            + "width=\"\(bar.span.count * unit)\" height=\"\(rowHeight - 6)\">"
                            + "<title>\(escaped(words))</title></rect>")
                }
                y += rowHeight
            }
            for (time, label) in [(timeline.mainStart, "main starts"), (timeline.mainEnd, "main ends")] {
                let x = left + time * unit
                parts.append("<path class=\"m\" d=\"M\(x) \(top)V\(y)\"/>")
                parts.append("<text class=\"o\" x=\"\(x + 3)\" y=\"\(y + 11)\">\(label)</text>")
            }
            width = max(width, left + timeline.length * unit + 20)
            y += 16
        }

        /// `starting` holds back what follows; `open` ends never, so it is drawn open.
        private static let style = """
            text{font:12px sans-serif;fill:#222}.h{font-weight:bold;font-size:15px}.o{fill:#666;font-size:11px}\
            .starting{fill:#e0a030}.running{fill:#4a90d9}.ending{fill:#8e6bbf}\
            .open{fill:none;stroke:#c0392b;stroke-dasharray:4 3}.m{stroke:#888;stroke-dasharray:2 3}\
            @media(prefers-color-scheme:dark){text{fill:#eee}.o{fill:#aaa}}
            """

        var text: String {
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(y + 10)" viewBox="0 0 \(width) \(y + 10)" \
            role="img"><style>\(Self.style)</style>
            \(parts.joined(separator: "\n"))
            </svg>

            """
        }

        private func escaped(_ words: String) -> String {
            words.printable().replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        }
    }
}
