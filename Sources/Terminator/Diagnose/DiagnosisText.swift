package import Basics
package import KubeModel
internal import WorkdirProtocol
internal import YAMLTree

/// Diagnoses as text for people and as documents for programs.
package enum DiagnosisText {
    /// A table, and what is to be said of each pod as a whole.
    ///
    /// - Parameter now: seconds since 1970.
    package static func table(_ report: DiagnosisReport, isWide: Bool, now: Int64) -> String {
        var parts: [String] = []
        if let job = report.job { parts.append("Job \(job.job): \(job.verdict.printable())\n") }
        if report.pods.isEmpty {
            parts.append(report.isDetailed ? "It has no pods.\n" : "No open pod here says anything of sidecars.\n")
        } else {
            var table = DiagnosisTable(isWide: isWide)
            parts.append(table.text(report.pods))
            parts += report.pods.map { note($0, isDetailed: report.isDetailed, now: now) }
        }
        return parts.joined(separator: "\n")
    }

    /// What is to be said of the pod as a whole.
    package static func note(_ diagnosis: PodDiagnosis, isDetailed: Bool, now: Int64) -> String {
        let owner = diagnosis.job.map { " (Job \($0))" } ?? ""
        let since = diagnosis.isHeldOpen ? diagnosis.mainEnd.map { "; main ended \(age($0, now)) ago" } ?? "" : ""
        var lines = ["\(diagnosis.pod)\(owner): \(diagnosis.verdict)\(since)"]
        lines += diagnosis.findings.map { "  \($0)" }
        if isDetailed {
            lines += diagnosis.rows.filter { $0.step != nil }.flatMap(explanation)
            lines += diagnosis.warnings.map { "  warning: \($0)" }
        } else {
            lines += diagnosis.rows.filter { $0.holdsOpen && !$0.tried.isEmpty }.map {
                "  \($0.container): tried \($0.tried.joined(separator: ", "))"
            }
        }
        lines += diagnosis.advice.map { "  \($0)" }
        return lines.map { "\($0.printable())\n" }.joined()
    }

    private static func explanation(_ row: PodDiagnosis.Row) -> [String] {
        var lines = ["  \(row.container) is a sidecar (\(row.reason)): \(row.state)"]
        if !row.tried.isEmpty { lines.append("    tried: \(row.tried.joined(separator: ", "))") }
        lines.append("    next: \(row.next)")
        lines += row.obstacles.map { "    not possible: \($0)" }
        if let lesson = row.onTerm { lines.append("    SIGTERM: \(lesson.words)") }
        return lines
    }

    /// To the second below a minute, else in two parts.
    private static func age(_ moment: Int64, _ now: Int64) -> String {
        let seconds = max(0, now - moment)
        let unit: Int64 =
            switch seconds {
            case ..<3600: 1
            case ..<86_400: 60
            default: 3600
            }
        return DurationText.print(.seconds(seconds / unit * unit))
    }

    package static func document(_ report: DiagnosisReport) -> JSONValue {
        .array(report.pods.map(document))
    }

    package static func document(_ diagnosis: PodDiagnosis) -> JSONValue {
        .object(present: [
            "namespace": .string(diagnosis.pod.namespace), "pod": .string(diagnosis.pod.name),
            "job": diagnosis.job.map { .string($0) }, "verdict": .string(diagnosis.verdict),
            "mainEnded": diagnosis.mainEnd.map { .string(KubeTimeText.seconds($0)) },
            "heldOpen": .bool(diagnosis.isHeldOpen),
            "holds": diagnosis.held.map { .string($0) }, "findings": texts(diagnosis.findings),
            "advice": texts(diagnosis.advice), "warnings": texts(diagnosis.warnings),
            "containers": .array(diagnosis.rows.map(container)),
        ])
    }

    /// In a watch: a pod that is not followed any more.
    package static func document(gone pod: ObjectKey) -> JSONValue {
        ["namespace": .string(pod.namespace), "pod": .string(pod.name), "gone": true]
    }

    private static func container(_ row: PodDiagnosis.Row) -> JSONValue {
        .object(present: [
            "name": .string(row.container), "role": .string(row.role), "reason": .string(row.reason),
            "state": .string(row.state), "restarts": .integer(Int64(row.restarts)), "holdsOpen": .bool(row.holdsOpen),
            "next": .string(row.next), "tried": texts(row.tried), "obstacles": texts(row.obstacles),
            "onTerm": row.onTerm.map { .string($0.words) },
        ])
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

/// Rows of diagnoses, in columns. Keeps the columns' widths, so that rows added later stand below those before.
package struct DiagnosisTable: Sendable {
    private let isWide: Bool
    private var widths: [Int]
    private let heads: [String]

    package init(isWide: Bool) {
        self.isWide = isWide
        heads =
            ["NAMESPACE", "POD", "CONTAINER", "ROLE", "STATE", "HOLDS OPEN", "NEXT"]
            + (isWide ? ["HOLDS", "ON SIGTERM", "RESTARTS", "WHY", "TRIED", "NOT POSSIBLE"] : [])
        widths = heads.map(\.count)
    }

    /// The heads of the columns and a line for each container, as wide as needed.
    package mutating func text(_ diagnoses: [PodDiagnosis]) -> String {
        let lines = diagnoses.flatMap { diagnosis in diagnosis.rows.map { cells($0, of: diagnosis) } }
        return aligned([heads] + lines)
    }

    /// More lines, without heads.
    package mutating func text(_ rows: [PodDiagnosis.Row], of diagnosis: PodDiagnosis) -> String {
        aligned(rows.map { cells($0, of: diagnosis) })
    }

    private func cells(_ row: PodDiagnosis.Row, of diagnosis: PodDiagnosis) -> [String] {
        let cells = [
            diagnosis.pod.namespace, diagnosis.pod.name, row.container, row.role, row.state,
            row.holdsOpen ? "yes" : "no", row.next,
        ]
        let wide = [
            row.holdsOpen ? diagnosis.held ?? "" : "", row.onTerm?.words ?? "", "\(row.restarts)", row.reason,
            row.tried.joined(separator: ", "),
            row.obstacles.joined(separator: "; "),
        ]
        return (cells + (isWide ? wide : [])).map { $0.isEmpty ? "-" : $0.printable() }
    }

    private mutating func aligned(_ lines: [[String]]) -> String {
        for line in lines {
            for (column, cell) in line.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        return lines.map { line in
            var text = ""
            for (column, cell) in line.enumerated() {
                let isLast = column == line.count - 1
                text += isLast ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 3)
            }
            return text + "\n"
        }.joined()
    }
}

/// A watch of pods as a table that is drawn anew in place, on a terminal. Pure.
package struct DiagnosisScreen: Sendable {
    package struct Size: Sendable, Equatable {
        package var rows: Int
        package var columns: Int

        package init(rows: Int, columns: Int) {
            self.rows = rows
            self.columns = columns
        }
    }

    private let isWide: Bool
    private let isDetailed: Bool

    private static let home = "\u{1B}[H"
    private static let clearLine = "\u{1B}[K"
    private static let clearRest = "\u{1B}[J"

    /// - Parameter isDetailed: each pod is explained in full.
    package init(isWide: Bool, isDetailed: Bool) {
        self.isWide = isWide
        self.isDetailed = isDetailed
    }

    /// Makes room, so that what stands on the screen is not lost but moved up.
    package static func opening(_ size: Size) -> String { String(repeating: "\n", count: size.rows) }

    /// What to write now; no line is longer than the screen is wide, and there are no more than it has.
    ///
    /// - Parameter now: seconds since 1970.
    package func frame(_ news: DiagnosisNews, now: Int64, _ size: Size) -> String {
        let report = DiagnosisReport(pods: news.pods, isDetailed: isDetailed)
        let held = news.pods.count(where: \.isHeldOpen)
        var lines = ["\(String(counting: news.pods.count, "pod")), \(held) held open; Ctrl-C ends this"]
        if let trouble = news.trouble { lines.append("OLD: the server cannot be followed: \(trouble.printable())") }
        lines.append("")
        lines += DiagnosisText.table(report, isWide: isWide, now: now)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        let room = max(1, size.rows - 1)
        if lines.count > room {
            let hidden = lines.count - room + 1
            lines.removeSubrange((room - 1)...)
            lines.append("… \(hidden) more lines")
        }
        let cut = lines.map { $0.count > size.columns ? "\($0.prefix(max(1, size.columns - 1)))…" : $0 }
        return Self.home + cut.map { "\($0)\(Self.clearLine)\n" }.joined() + Self.clearRest
    }
}
