internal import Basics

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
