internal import Basics
internal import Conversion

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
