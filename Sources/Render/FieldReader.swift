internal import Basics
internal import WorkdirProtocol
package import YAMLTree

/// Takes the fields of a mapping one by one, and notes what is wrong with them. What nobody took is unknown.
struct FieldReader {
    let path: String
    private let node: YAMLNode
    private var taken: Set<String> = []
    private(set) var problems: [InputProblem] = []

    init(_ node: YAMLNode, path: String = "") {
        self.node = node
        self.path = path
        if node.mapping == nil { report(node, "expected a mapping, found \(node.kindInWords)") }
    }

    func path(to name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    mutating func report(_ node: YAMLNode?, at name: String? = nil, _ message: String) {
        let field = name.map { path(to: $0) } ?? path
        problems.append(InputProblem(path: field, mark: (node ?? self.node).mark, message: message))
    }

    mutating func add(_ others: [InputProblem]) { problems += others }

    private static func words(_ node: YAMLNode) -> String {
        node.text.map { "\u{201C}\($0.prefix(60))\u{201D}" } ?? node.kindInWords
    }

    // MARK: Taking

    /// The field as it stands; `nil` where it is missing or null.
    mutating func node(_ name: String) -> YAMLNode? {
        taken.insert(name)
        guard let value = node[name], value.scalar?.isNull != true else { return nil }
        return value
    }

    mutating func manifest(_ name: String) -> ManifestValue? { node(name).map { ManifestValue($0) } }

    mutating func text(_ name: String) -> String? {
        node(name).flatMap { value in
            if value.scalar == nil { report(value, at: name, "expected a text, found \(Self.words(value))") }
            return value.scalar?.text
        }
    }

    /// A text that has to be there and not be empty.
    mutating func required(_ name: String, _ hint: String) -> String {
        let problems = problems.count
        if let text = text(name), !text.isEmpty { return text }
        if problems == self.problems.count { report(nil, at: name, "is missing; \(hint)") }
        return ""
    }

    mutating func texts(_ name: String) -> [String]? {
        guard let value = node(name) else { return nil }
        guard let elements = value.sequence, elements.allSatisfy({ $0.scalar != nil }) else {
            report(value, at: name, "expected a list of texts, found \(Self.words(value))")
            return nil
        }
        return elements.compactMap { $0.scalar?.text }
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = node(name) else { return nil }
        if let number = value.scalar.flatMap({ Int($0.text) }), range.contains(number) { return number }
        report(
            value, at: name,
            "expected a number from \(range.lowerBound) to \(range.upperBound), found \(Self.words(value))")
        return nil
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = node(name) else { return nil }
        switch value.scalar?.text {
        case "true": return true
        case "false": return false
        default:
            report(value, at: name, "expected true or false, found \(Self.words(value))")
            return nil
        }
    }

    /// Whole seconds, rounded up: what the Kubernetes API takes.
    mutating func seconds(_ name: String, atLeast least: Int = 1) -> Int? {
        guard let value = node(name) else { return nil }
        guard let duration = value.scalar.flatMap({ DurationText.parse($0.text) }) else {
            report(value, at: name, "expected \(DurationText.expectation), found \(Self.words(value))")
            return nil
        }
        let parts = duration.components
        let seconds = Int(parts.seconds) + (parts.attoseconds > 0 ? 1 : 0)
        guard seconds >= least, seconds <= Int(Int32.max) else {
            report(value, at: name, "expected at least \(least)s and less than 68 years")
            return nil
        }
        return seconds
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard let value = node(name) else { return nil }
        if let choice = value.scalar.flatMap({ Choice(rawValue: $0.text) }) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        report(value, at: name, "expected one of \(choices), found \(Self.words(value))")
        return nil
    }

    mutating func list(_ name: String) -> [YAMLNode] {
        guard let value = node(name) else { return [] }
        if value.sequence == nil { report(value, at: name, "expected a list, found \(Self.words(value))") }
        return value.sequence ?? []
    }

    /// `{NAME: value, …}`; the values as they were written, mappings too.
    mutating func pairs(_ name: String) -> [YAMLMapping.Pair] {
        guard let value = node(name) else { return [] }
        if value.mapping == nil { report(value, at: name, "expected a mapping, found \(Self.words(value))") }
        return value.mapping?.pairs ?? []
    }

    /// Fields that are taken over without a look at what is in them.
    mutating func manifests(_ names: [String]) -> [ManifestValue.Field] {
        names.compactMap { name in manifest(name).map { ManifestValue.Field(name, $0) } }
    }

    // MARK: The end

    /// Every field that nobody took is named.
    mutating func reportUnknown() {
        for pair in node.mapping?.pairs ?? [] where !taken.contains(pair.key) {
            let known = taken.sorted().joined(separator: ", ")
            problems.append(
                InputProblem(
                    path: path(to: pair.key), mark: pair.keyMark, message: "there is no such field; there are \(known)")
            )
        }
    }

    /// The fields that nobody took.
    var rest: [YAMLMapping.Pair] { (node.mapping?.pairs ?? []).filter { !taken.contains($0.key) } }
}

/// One thing wrong with a document that a generator reads.
package struct InputProblem: Sendable, Equatable, CustomStringConvertible {
    /// `sideCars[1].container.name`; empty for the document as a whole.
    package var path: String
    /// `nil` for what comes from the command line.
    package var mark: YAMLMark?
    /// What is wrong, and what to write.
    package var message: String

    /// `7:11: inputs[0].from: expected …`
    package var description: String {
        (mark.map { "\($0): " } ?? "") + (path.isEmpty ? "" : "\(path): ") + message
    }
}

/// Everything wrong with a document, so that a person corrects it in one go.
package struct InputError: Error, Sendable, Equatable {
    package var problems: [InputProblem]

    package init(_ problems: [InputProblem]) { self.problems = problems }
}

/// Names of objects, as the API server takes them (RFC 1123).
package enum ObjectName {
    /// `nil` for a label that is fine.
    package static func problem(_ name: String, longest: Int = 63) -> String? {
        let isFine = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = name.utf8.first, let last = name.utf8.last, isFine(first), isFine(last),
            name.utf8.allSatisfy({ isFine($0) || $0 == UInt8(ascii: "-") }), name.utf8.count <= longest
        else {
            return "expected at most \(longest) lower-case letters, digits and -, found \u{201C}\(name)\u{201D}"
        }
        return nil
    }

    /// Labels with dots between them: accounts, Secrets, ConfigMaps.
    package static func problem(ofSubdomain name: String) -> String? {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard name.utf8.count <= 253, labels.allSatisfy({ problem($0, longest: 253) == nil }) else {
            return "expected at most 253 lower-case letters, digits, - and ., found \u{201C}\(name)\u{201D}"
        }
        return nil
    }

    /// The little that holds of all images: the rest is the node's runtime's to say.
    package static func problem(ofImage name: String) -> String? {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 != 0x7F }) else {
            return "expected an image's name, without blanks, found \u{201C}\(name)\u{201D}"
        }
        return nil
    }
}
