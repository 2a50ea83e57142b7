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
    /// The first line that could not be written.
    private var failure: CommandFailure?

    init(_ format: FindingFormat, file: String?, isMain: Bool, help: String?) {
        self.format = format
        self.file = file
        self.isMain = isMain
        self.help = help
    }

    mutating func tell(_ found: FoundDiagnostic) {
        guard let line = format.line(found) else { return findings.append(found) }
        if file == nil {
            guard format == .github, isMain else { return Diagnostics.write("\(line)\n") }
            do { try StandardOutput.write("\(line)\n") } catch { failure = failure ?? error }
        } else {
            lines += "\(line)\n"
        }
    }

    func finish() throws {
        if let failure { throw failure }
        let text = format == .sarif ? SarifReport.text(findings, version: Basics.Version.current, help: help) : lines
        if file != nil || format == .sarif { try GeneratorInput.write(Array(text.utf8), to: file) }
    }
}
