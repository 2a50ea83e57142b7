internal import KubeModel

/// Rows of diagnoses, in columns. Keeps the columns' widths, so that rows added later stand below those before.
package struct DiagnosisTable: Sendable {
    private let isWide: Bool
    private var widths: [Int]
    private let heads: [String]

    package init(isWide: Bool) {
        self.isWide = isWide
        heads =
            ["NAMESPACE", "POD", "CONTAINER", "ROLE", "STATE", "HOLDS OPEN", "NEXT"]
            + (isWide ? ["RESTARTS", "WHY", "TRIED", "NOT POSSIBLE"] : [])
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
            "\(row.restarts)", row.reason, row.tried.joined(separator: ", "), row.obstacles.joined(separator: "; "),
        ]
        return (cells + (isWide ? wide : [])).map { $0.isEmpty ? "-" : $0 }
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
