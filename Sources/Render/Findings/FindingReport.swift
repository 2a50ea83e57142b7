internal import Basics
package import Conversion

/// A finding and the file it is in.
package struct FoundDiagnostic: Sendable {
    package let file: String
    package let diagnostic: Diagnostic
    /// The template of a chart that the document was rendered from.
    package let template: String?

    package init(file: String, diagnostic: Diagnostic, template: String? = nil) {
        self.file = file
        self.diagnostic = diagnostic
        self.template = template
    }
}

/// How findings are told.
package enum FindingFormat: String, Sendable, CaseIterable {
    case text
    /// One object a line.
    case json
    /// One document in the end, as code scanning reads it (SARIF 2.1.0).
    case sarif
    /// As a workflow of GitHub shows them beside the lines.
    case github

    /// A finding as a line; `nil` where all of them are one document.
    package func line(_ found: FoundDiagnostic) -> String? {
        let diagnostic = found.diagnostic
        switch self {
        case .text:
            let template = found.template.map { " [\($0)]" } ?? ""
            return (diagnostic.text(file: found.file) + template).printable(limit: 4096)
        case .json:
            let value = diagnostic.json(file: found.file)
            guard let template = found.template, case .object(let members) = value else {
                return value.text.printableJSON
            }
            return JSONValue.object(members + [.init("template", .string(template))]).text.printableJSON
        case .github:
            let level =
                switch diagnostic.severity {
                case .error: "error"
                case .warning: "warning"
                case .note: "notice"
                }
            let properties = [
                "file=\(Self.property(found.file))", "line=\(diagnostic.line)",
                "title=\(Self.property("\(diagnostic.rule.id) \(diagnostic.rule.title)"))",
            ]
            let why = diagnostic.ignored.map { " (ignored: \($0))" } ?? ""
            let template = found.template.map { ", rendered from \($0)" } ?? ""
            let message = "\(diagnostic.message)\(why)\(template) [\(diagnostic.rule.place)]"
            return "::\(level) \(properties.joined(separator: ","))::\(Self.data(message))"
        case .sarif: return nil
        }
    }

    /// As the runner takes escapes back (actions/toolkit, `command.ts`).
    private static func data(_ text: String) -> String { escaped(text, "%\r\n") }

    private static func property(_ text: String) -> String { escaped(text, "%\r\n:,") }

    /// Character by character as the runner sees them: a line end of two is none of Swift's `\r` or `\n`. What a terminal
    /// would obey is not sent at all.
    private static func escaped(_ text: String, _ special: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if special.unicodeScalars.contains(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            } else {
                result += String(scalar).printable()
            }
        }
        return result
    }
}

/// All findings of a run as one SARIF document.
package enum SarifReport {
    /// Where `docs/rules.md` can be read by anybody.
    private static let help = "https://github.com/k-pipe/kpipe-sidecar/blob/main/docs/rules.md"

    /// - Parameter help: where `docs/rules.md` can be read instead, as an address.
    package static func text(_ findings: [FoundDiagnostic], version: String, help: String?) -> String {
        let help = help ?? Self.help
        let rules = RuleReference.rules
        let places = Dictionary(rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let driver: JSONValue = [
            "name": "kpipe-sidecar", "semanticVersion": .string(version), "informationUri": .string(help),
            "rules": .array(rules.map { descriptor($0, help) }),
        ]
        let run: JSONValue = [
            "tool": ["driver": driver], "columnKind": "unicodeCodePoints",
            "results": .array(findings.map { result($0, places[$0.diagnostic.rule.id]) }),
        ]
        let document: JSONValue = [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run],
        ]
        return document.text.printableJSON + "\n"
    }

    private static func descriptor(_ rule: Rule, _ help: String) -> JSONValue {
        let words = "\(rule.explanation)\n\nEvidence: \(rule.evidence)."
        let address = "\(help)#\(rule.anchor)"
        return [
            "id": .string(rule.id), "shortDescription": ["text": .string(rule.title)],
            "fullDescription": ["text": .string(rule.explanation)],
            "help": ["text": .string(words), "markdown": .string("\(words)\n\n[All rules](\(address))")],
            "defaultConfiguration": ["level": .string(rule.severity.rawValue)], "helpUri": .string(address),
        ]
    }

    private static func result(_ found: FoundDiagnostic, _ index: Int?) -> JSONValue {
        let diagnostic = found.diagnostic
        func place(_ file: String, _ line: Int?) -> JSONValue {
            let artifact: JSONValue = ["uri": .string(PercentEncoding.encode(file, keeping: "/"))]
            let region = line.map { [JSONValue.Member("region", ["startLine": .integer(Int64(max(1, $0)))])] } ?? []
            return ["physicalLocation": .object([.init("artifactLocation", artifact)] + region)]
        }
        var members: [JSONValue.Member] = [
            .init("ruleId", .string(diagnostic.rule.id)), .init("level", .string(diagnostic.severity.rawValue)),
            .init("message", ["text": .string(diagnostic.message)]),
            .init("locations", [place(found.file, diagnostic.line)]),
        ]
        if let index { members.insert(.init("ruleIndex", .integer(Int64(index))), at: 1) }
        if let template = found.template { members.append(.init("relatedLocations", [place(template, nil)])) }
        if let reason = diagnostic.ignored {
            members.append(.init("suppressions", [["kind": "inSource", "justification": .string(reason)]]))
        }
        return .object(members)
    }
}

/// Which templates of a chart the documents of a stream were rendered from. Helm writes `# Source: chart/templates/job.yaml`
/// above each; Helm 4 gives post-renderers an annotation in its place.
package struct ChartTemplates {
    private static let comment = "# Source: "
    private static let annotation = "postrenderer.helm.sh/postrender-filename:"

    private let text: SourceText
    /// The document that was asked about last: the next finding is often of the same.
    private var last: (bytes: Range<Int>, template: String?) = (0..<0, nil)

    /// `nil` where the stream names none.
    package init?(_ bytes: [UInt8]) {
        guard [Self.comment, Self.annotation].contains(where: { bytes.firstOffset(of: $0) != nil }) else { return nil }
        text = SourceText(bytes: bytes)
    }

    /// The one of the document in which a byte stands.
    package mutating func template(of offset: Int) -> String? {
        if !last.bytes.contains(offset) { last = document(around: min(offset, text.bytes.count)) }
        return last.template
    }

    private func document(around offset: Int) -> (bytes: Range<Int>, template: String?) {
        var start = text.lineStart(offset)
        while start > 0, !startsLine(start, "---") { start = text.lineStart(start - 1) }
        var end = text.lineEnd(offset)
        while end < text.bytes.count, !startsLine(end, "---") { end = text.lineEnd(end) }
        var annotated: String?
        var line = start
        while line < end {
            if startsLine(line, Self.comment) { return (start..<end, path(line + Self.comment.utf8.count)) }
            let next = text.lineEnd(line)
            if annotated == nil, let found = Array(text.bytes[line..<next]).firstOffset(of: Self.annotation) {
                annotated = path(line + found + Self.annotation.utf8.count, isValue: true)
            }
            line = next
        }
        return (start..<end, annotated)
    }

    private func startsLine(_ start: Int, _ words: String) -> Bool { text.bytes[start...].starts(with: words.utf8) }

    /// The rest of a line; of a value in quotes or braces, what it says.
    private func path(_ start: Int, isValue: Bool = false) -> String? {
        var rest = text.bytes[start..<text.lineEnd(start)].drop { $0 == 0x20 }
        if isValue, let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            rest = rest.dropFirst().prefix { $0 != quote }
        } else if isValue {
            rest = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        }
        while let last = rest.last, last == 0x20 || last == 0x0A || last == 0x0D { rest.removeLast() }
        return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }
}
