package import Basics
package import YAMLTree

/// Something that the conversion says or does, under an id that stays. There is one of each, whatever it is told of.
package final class Rule: Sendable, Hashable {
    /// `KS` and three digits; refusals below 100.
    package let id: String
    package let severity: Severity
    package let title: String
    /// What is done and why, in a paragraph.
    package let explanation: String
    /// Where the fact was found.
    package let evidence: String

    init(id: String, severity: Severity, title: String, explanation: String, evidence: String) {
        self.id = id
        self.severity = severity
        self.title = title
        self.explanation = explanation
        self.evidence = evidence
    }

    /// Where it is explained, from the repository's root.
    package var place: String { "docs/rules.md#\(anchor)" }

    /// As forges make one of a heading.
    package var anchor: String {
        "\(id) \(title)".lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            .replacing(" ", with: "-")
    }

    package static func == (left: Rule, right: Rule) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// How much a finding matters.
package enum Severity: String, Sendable, CaseIterable {
    /// The pod is left as it was.
    case error
    /// The conversion is right, but what it meets may not be.
    case warning
    /// What changes with the conversion; shown with `-v`.
    case note
}

/// A finding with its place.
package struct Diagnostic: Sendable, Equatable {
    package var rule: Rule
    /// From 1.
    package var line: Int
    package var message: String
    /// Of the bytes that the finding is about.
    package var offset = 0
    /// The rule's, unless somebody thinks otherwise.
    package var severity: Severity
    /// Why an author lets it stand; then it is told as a note, and counts no more.
    package var ignored: String?

    package init(rule: Rule, line: Int, message: String, offset: Int = 0) {
        self.rule = rule
        severity = rule.severity
        self.line = line
        self.message = message
        self.offset = offset
    }

    /// The container that it is about, where its rule is about one.
    package var container: String?
    /// Whether it tells that a container moves.
    package var isMove: Bool { rule == .converted || rule == .reversed }

    /// The same where the file that it is about is only named.
    package func told(of file: String) -> Diagnostic {
        var diagnostic = self
        (diagnostic.line, diagnostic.message) = (1, "\(file):\(line): \(message)")
        return diagnostic
    }

    /// The form compilers use and editors jump to.
    package func text(file: String) -> String {
        "\(file):\(line): \(rule.id) \(severity.rawValue): \(message)" + (ignored.map { " (ignored: \($0))" } ?? "")
    }

    /// `{"file", "line", "rule", "severity", "message"}`, for programs; `help` leads to the rule.
    package func json(file: String) -> JSONValue {
        .object(
            [
                .init("file", .string(file)), .init("line", .integer(Int64(line))), .init("rule", .string(rule.id)),
                .init("severity", .string(severity.rawValue)), .init("message", .string(message)),
            ] + (ignored.map { [.init("ignored", .string($0))] } ?? []) + [.init("help", .string(rule.place))])
    }
}

/// Why a text cannot be edited without touching more than was asked for.
package struct EditRefusal: Error {
    package let rule: Rule
    package let mark: YAMLMark
    package let message: String

    package init(_ rule: Rule, at node: SourceNode, _ message: String) {
        self.init(rule, at: node.start, message)
    }

    package init(_ rule: Rule, at mark: YAMLMark, _ message: String) {
        self.rule = rule
        self.mark = mark
        self.message = message
    }
}

/// The reference of all rules, from their definitions.
package enum RuleReference {
    package static let rules = Rule.refusals + Rule.findings + Rule.generators

    package static var markdown: String {
        let head = """
            # Rules of `kpipe-sidecar render`
            Made from the rules' own definitions by `scripts/generate`. Errors leave the pod as it was; notes are shown with
            `-v`.


            """
        return head
            + rules.map {
                """
                ## \($0.id) \($0.title)
                *\($0.severity.rawValue)* — \($0.explanation)

                Evidence: \($0.evidence).

                """
            }.joined(separator: "\n")
    }
}
