import ArgumentParser
import Basics
import Render
import Terminator
import YAMLTree

/// How diagnoses are shown.
enum DiagnoseOutput: String, ExpressibleByArgument, CaseIterable {
    case table, wide, json, yaml

    /// All of them at once.
    func text(_ report: DiagnosisReport, now: Int64) -> String {
        switch self {
        case .table, .wide: DiagnosisText.table(report, isWide: self == .wide, now: now)
        case .json, .yaml: document(DiagnosisText.document(report))
        }
    }

    /// A whole document.
    func document(_ value: JSONValue) -> String {
        self == .yaml ? Self.yaml(value.prettyText) : value.prettyText
    }

    /// One of a stream of documents: a line of JSON, or YAML after a line that separates it from the one before.
    func streamed(_ value: JSONValue) -> String {
        self == .yaml ? "---\n\(Self.yaml(value.prettyText))" : "\(value.text)\n"
    }

    /// JSON is YAML already, so that nothing is lost where our own text could not be read again.
    private static func yaml(_ json: String) -> String {
        (try? YAMLNode(parsing: Array(json.utf8))).map { ManifestWriter.yaml([Manifest($0)]) } ?? json
    }
}
