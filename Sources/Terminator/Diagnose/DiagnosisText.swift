internal import KubeModel
public import YAMLTree

/// Diagnoses as a table for people and as a document for programs.
public enum DiagnosisText {
    public static func table(_ diagnoses: [PodDiagnosis], isWide: Bool) -> String {
        var lines = [
            ["NAMESPACE", "POD", "CONTAINER", "ROLE", "STATE", "HOLDS OPEN", "NEXT"] + (isWide ? wideHeads : [])
        ]
        for diagnosis in diagnoses {
            for row in diagnosis.rows {
                let next = row.next.isEmpty ? "-" : row.next
                lines.append(
                    [
                        diagnosis.pod.namespace, diagnosis.pod.name, row.container, row.role, row.state,
                        row.holdsOpen ? "yes" : "no", next,
                    ] + (isWide ? wide(row) : []))
            }
        }
        let notes = diagnoses.map(note).filter { !$0.isEmpty }
        return aligned(lines) + notes.map { "\n\($0)" }.joined()
    }

    private static let wideHeads = ["RESTARTS", "WHY", "TRIED", "NOT POSSIBLE"]

    private static func wide(_ row: PodDiagnosis.Row) -> [String] {
        [
            "\(row.restarts)", row.reason, row.tried.isEmpty ? "-" : row.tried.joined(separator: ", "),
            row.obstacles.isEmpty ? "-" : row.obstacles.joined(separator: "; "),
        ]
    }

    /// What is to be said of the pod as a whole.
    private static func note(_ diagnosis: PodDiagnosis) -> String {
        let owner = diagnosis.job.map { " (Job \($0))" } ?? ""
        return (["\(diagnosis.pod)\(owner): \(diagnosis.verdict)"] + diagnosis.findings.map { "  \($0)" })
            .joined(separator: "\n") + "\n"
    }

    private static func aligned(_ lines: [[String]]) -> String {
        let columns = lines.first?.count ?? 0
        let widths = (0..<columns).map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            var text = ""
            for (column, cell) in line.enumerated() {
                let isLast = column == line.count - 1
                text += isLast ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 3)
            }
            return text + "\n"
        }.joined()
    }

    public static func document(_ diagnoses: [PodDiagnosis]) -> JSONValue {
        .array(
            diagnoses.map { diagnosis in
                .object(present: [
                    "namespace": .string(diagnosis.pod.namespace), "pod": .string(diagnosis.pod.name),
                    "job": diagnosis.job.map { .string($0) }, "verdict": .string(diagnosis.verdict),
                    "findings": texts(diagnosis.findings), "containers": .array(diagnosis.rows.map(container)),
                ])
            })
    }

    private static func container(_ row: PodDiagnosis.Row) -> JSONValue {
        [
            "name": .string(row.container), "role": .string(row.role), "reason": .string(row.reason),
            "state": .string(row.state), "restarts": .integer(Int64(row.restarts)), "holdsOpen": .bool(row.holdsOpen),
            "next": .string(row.next), "tried": texts(row.tried), "obstacles": texts(row.obstacles),
        ]
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
