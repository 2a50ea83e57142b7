import ArgumentParser
import Basics
import Glibc
import KubeModel
import Render
import Terminator
import YAMLTree

/// How diagnoses are shown.
enum DiagnoseOutput: String, ExpressibleByArgument, CaseIterable {
    case table, wide, json, yaml
    /// One page with all as pictures.
    case html

    /// All of them at once.
    func text(_ report: DiagnosisReport, now: Int64) -> String {
        switch self {
        case .table, .wide: DiagnosisText.table(report, isWide: self == .wide, now: now)
        case .json, .yaml, .html: document(DiagnosisText.document(report))
        }
    }

    /// A whole document.
    func document(_ value: JSONValue) -> String {
        self == .yaml ? Self.yaml(value.prettyText) : value.prettyText.printableJSON
    }

    /// One of a stream of documents: a line of JSON, or YAML after a line that separates it from the one before.
    func streamed(_ value: JSONValue) -> String {
        self == .yaml ? "---\n\(Self.yaml(value.prettyText))" : "\(value.text.printableJSON)\n"
    }

    /// JSON is YAML already, so that nothing is lost where our own text could not be read again.
    private static func yaml(_ json: String) -> String {
        (try? YAMLNode(parsing: Array(json.utf8))).map { ManifestWriter.yaml([ManifestValue($0)]) } ?? json
    }
}

/// A watch of pods as lines that are added, for pipes and files: everything once, then what changes.
struct DiagnoseStream {
    private let output: DiagnoseOutput
    private var table: DiagnosisTable
    private var hasBegun = false
    private var hasTable = false

    init(_ output: DiagnoseOutput) {
        self.output = output
        table = DiagnosisTable(isWide: output == .wide)
    }

    /// What to print now; empty where nothing is new.
    mutating func text(_ news: DiagnosisNews) -> String {
        defer { hasBegun = true }
        switch output {
        case .json, .yaml, .html:
            return news.changed.map { output.streamed(DiagnosisText.document($0.pod)) }.joined()
                + news.gone.map { output.streamed(DiagnosisText.document(gone: $0)) }.joined()
        case .table, .wide: return lines(news)
        }
    }

    private mutating func lines(_ news: DiagnosisNews) -> String {
        var text = ""
        if !hasTable, !news.pods.isEmpty {
            hasTable = true
            text += table.text(news.pods)
        } else {
            for change in news.changed { text += table.text(change.rows, of: change.pod) }
        }
        for pod in news.gone { text += "\(pod) is not followed any more: finished, deleted or without markers\n" }
        if !hasBegun, news.pods.isEmpty { text += "No open pod here says anything of sidecars yet.\n" }
        return text
    }
}

extension DiagnosisScreen.Size {
    /// Of the terminal that is standard output; `nil` where that is none.
    static var ofTerminal: Self? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 else {
            return Self(rows: 24, columns: 80)
        }
        return Self(rows: Int(window.ws_row), columns: Int(window.ws_col))
    }
}
