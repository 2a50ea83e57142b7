import Basics
import Conversion
import Glibc
import Render
import WorkdirProtocol

/// Where findings are written: lines as they are made, or one document in the end.
struct FindingOutput {
    let format: FindingFormat
    /// Instead of a standard stream.
    private let file: String?
    /// Standard output is free for them.
    private let isMain: Bool
    private let help: String?
    private var lines = ""
    private var findings: [FoundDiagnostic] = []

    init(_ format: FindingFormat, file: String?, isMain: Bool, help: String?) {
        self.format = format
        self.file = file
        self.isMain = isMain
        self.help = help
    }

    mutating func tell(_ found: FoundDiagnostic) {
        guard let line = format.line(found) else { return findings.append(found) }
        if file == nil {
            Diagnostics.write("\(line)\n", to: format == .github && isMain ? STDOUT_FILENO : STDERR_FILENO)
        } else {
            lines += "\(line)\n"
        }
    }

    func finish() throws {
        let text = format == .sarif ? SarifReport.text(findings, version: Basics.Version.current, help: help) : lines
        if file != nil || format == .sarif { try GeneratorInput.write(Array(text.utf8), to: file) }
    }
}
