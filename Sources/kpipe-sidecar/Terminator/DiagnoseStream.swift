import KubeModel
import Terminator
import YAMLTree

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
        case .json, .yaml:
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
