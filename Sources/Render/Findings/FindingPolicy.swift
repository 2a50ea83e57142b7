package import Conversion
internal import WorkdirProtocol
package import YAMLTree

/// What a repository thinks of the findings, in one file: `severities: {KS103: note, KS112: off}`, `exclude: [GLOB]`, and
/// `help`, where docs/rules.md can be read.
package struct FindingPolicy: Sendable, Equatable {
    /// `nil`: not told at all.
    private var severities: [String: Severity?] = [:]
    package private(set) var exclude: [String] = []
    package private(set) var help: String?

    package init() {}

    package var setsSeverities: Bool { !severities.isEmpty }

    package init(_ document: YAMLNode) throws(InputError) {
        var reader = FieldReader(document)
        exclude = reader.texts("exclude") ?? []
        help = reader.text("help")
        if let help, !help.hasPrefix("https://"), !help.hasPrefix("http://") {
            reader.report(document["help"], at: "help", "expected an address such as https://example.com/rules.md")
        }
        for pair in reader.node("severities")?.mapping?.pairs ?? [] {
            let place = "severities.\(pair.key)"
            if !RuleReference.rules.contains(where: { $0.id == pair.key }) {
                reader.report(pair.value, at: place, "there is no such rule")
            }
            let word = pair.value.text ?? ""
            let severity = Severity(rawValue: word)
            if severity == nil, word != "off" {
                reader.report(pair.value, at: place, "expected off, note, warning or error")
            }
            severities[pair.key] = .some(severity)
        }
        reader.reportUnknown()
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
    }

    /// A finding as this repository wants it; `nil` where it does not want to know.
    package func applied(to diagnostic: Diagnostic) -> Diagnostic? {
        guard diagnostic.ignored == nil, let severity = severities[diagnostic.rule.id] else { return diagnostic }
        guard let severity else { return nil }
        var diagnostic = diagnostic
        diagnostic.severity = severity
        return diagnostic
    }
}
