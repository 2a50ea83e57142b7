import KubeModel
import YAMLTree

/// What an author has looked at and lets stand: `sidecar.k-pipe.cloud/ignore: KS104 the hook is quick`, as an annotation of
/// the object or its pods, or in a comment above the line, beside it, or above the document. Without a reason nothing is
/// ignored.
struct Ignores {
    struct Note {
        let rules: Set<String>
        let reason: String
        let mark: YAMLMark
        /// The bytes that it speaks of: those of an object, or all; `nil` for the lines below and beside it.
        var scope: Range<Int>?
    }

    private static let key = WellKnownNames.Annotation.ignore
    private let text: SourceText
    /// Of the whole stream.
    private var comments: [Note] = []
    /// How many of them belong to earlier documents.
    private var spent = 0
    private let isMentioned: Bool

    /// Most streams hold none, which one look tells.
    init(_ text: SourceText) {
        self.text = text
        isMentioned = text.bytes.firstOffset(of: Self.key) != nil
        guard isMentioned else { return }
        var offset = 0
        var place = YAMLMark.start
        while let found = text.bytes.firstOffset(of: Self.key, from: offset) {
            offset = found + Self.key.utf8.count
            let start = text.lineStart(found)
            guard text.bytes[start..<found].contains(UInt8(ascii: "#")) else { continue }
            let line = text.bytes[offset..<text.lineEnd(found)].drop { $0 == UInt8(ascii: ":") || $0 == 0x20 }
            place = place.advanced(to: found, in: text.bytes)
            comments.append(Self.note(String(decoding: line, as: UTF8.self), at: place))
        }
    }

    /// Ids, then the reason.
    private static func note(_ text: String, at mark: YAMLMark) -> Note {
        let words = text.split { $0 == " " || $0 == "," || $0 == "\r" || $0 == "\n" || $0 == "\t" }
        let ids = words.prefix { word in
            let id = word.last == ":" ? word.dropLast() : word
            return id.count == 5 && id.hasPrefix("KS") && id.dropFirst(2).allSatisfy(\.isNumber)
        }
        let reason = words.dropFirst(ids.count).drop { $0 == "-" || $0 == "–" || $0 == ":" }.joined(separator: " ")
        return Note(rules: Set(ids.map { String($0.prefix(5)) }), reason: reason, mark: mark)
    }

    /// Those that speak of a document.
    ///
    /// - Parameter start: where the document before it ended.
    mutating func notes(of document: SourceDocument, from start: Int) -> [Note] {
        guard isMentioned else { return [] }
        let root = document.root
        var notes: [Note] = []
        annotations(of: root, in: root, into: &notes)
        // They stand in the order of the text, and documents come in it.
        spent = comments[spent...].firstIndex { $0.mark.offset >= start } ?? comments.count
        return notes
            + comments[spent...].prefix { $0.mark.offset < root.end }.map { note in
                var note = note
                if note.mark.offset < root.offset { note.scope = 0..<Int.max }
                return note
            }
    }

    /// Notes down why findings of a document may stand.
    func apply(_ notes: [Note], to findings: inout Findings) {
        for note in notes where note.reason.isEmpty || note.rules.isEmpty {
            findings.add(.ignoreWithoutReason, at: note.mark, "expected ids and a reason behind \(Self.key)")
        }
        // The first one counts, so they are known by their places; one that says no more than that is none.
        let told = notes.indices.filter { !notes[$0].reason.isEmpty }
        let beside = Dictionary(grouping: told.filter { notes[$0].scope == nil }) { notes[$0].mark.line }
        let around = Scopes(told.compactMap { index in notes[index].scope.map { ($0, index) } })
        guard !told.isEmpty else { return }
        // Of a line, which may be a long one with many findings.
        var known: [Int: [Int]] = [:]
        findings.ignore { diagnostic in
            var near: [Int] = []
            if !beside.isEmpty {
                near = known[diagnostic.line] ?? linesBeside(diagnostic).flatMap { beside[$0] ?? [] }
                known[diagnostic.line] = near
            }
            return (near + around.members(at: diagnostic.offset)).filter {
                notes[$0].rules.contains(diagnostic.rule.id)
            }
            .min().map { notes[$0].reason }
        }
    }

    /// The line of a finding and the comment lines above it.
    private func linesBeside(_ diagnostic: Diagnostic) -> [Int] {
        var line = text.lineStart(diagnostic.offset)
        var lines = [diagnostic.line]
        while line > 0, let last = lines.last {
            line = text.lineStart(line - 1)
            guard text.isComment(line) else { break }
            lines.append(last - 1)
        }
        return lines
    }

    /// Those of the objects in a value, each with the bytes of the innermost object of the API around it: the document, or
    /// an item of a list.
    private func annotations(of node: SourceNode, in object: SourceNode, into notes: inout [Note]) {
        guard !node.isAlias else { return }
        for element in node.elements ?? [] {
            annotations(of: element, in: element.isObject ? element : object, into: &notes)
        }
        for pair in node.pairs ?? [] {
            if pair.key.reads(Self.key), let words = pair.value.scalar?.text {
                var note = Self.note(words, at: pair.value.start)
                note.scope = object.offset..<max(object.end, object.offset + 1)
                notes.append(note)
            }
            annotations(of: pair.value, in: pair.value.isObject ? pair.value : object, into: &notes)
        }
    }
}

extension ConvertedStream {
    /// Adds what was found about the text elsewhere, at lines of it, and notes down what its author lets stand.
    package mutating func add(_ found: [Diagnostic], about bytes: [UInt8]) {
        let text = SourceText(bytes: bytes)
        var lines = [0]
        for index in bytes.indices where bytes[index] == 0x0A { lines.append(index + 1) }
        var ignores = Ignores(text)
        var notes: [Ignores.Note] = []
        var reader = try? SourceReader(bytes, limits: StreamConverter.limits)
        var start = 0
        while let document = try? reader?.document() {
            notes += ignores.notes(of: document, from: start)
            start = document.range.upperBound
        }
        var findings = Findings(
            found.map { diagnostic in
                var diagnostic = diagnostic
                diagnostic.offset = lines[min(max(diagnostic.line - 1, 0), lines.count - 1)]
                return diagnostic
            })
        ignores.apply(notes.filter { !$0.reason.isEmpty }, to: &findings)
        diagnostics += findings.diagnostics
    }
}

/// Ranges of which two lie in each other or apart, asked which ones lie around a place.
private struct Scopes {
    private var members: [(scope: Range<Int>, member: Int, around: Int?)] = []

    init(_ scopes: [(Range<Int>, Int)]) {
        var last: Int?
        for (scope, member) in scopes.sorted(by: {
            ($0.0.lowerBound, -$0.0.upperBound, $0.1) < ($1.0.lowerBound, -$1.0.upperBound, $1.1)
        }) {
            while let outer = last, members[outer].scope.upperBound <= scope.lowerBound { last = members[outer].around }
            members.append((scope, member, last))
            last = members.count - 1
        }
    }

    func members(at offset: Int) -> [Int] {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            (low, high) = members[middle].scope.lowerBound <= offset ? (middle + 1, high) : (low, middle)
        }
        var found: [Int] = []
        var next = low > 0 ? low - 1 : nil
        while let index = next {
            if members[index].scope.contains(offset) { found.append(members[index].member) }
            next = members[index].around
        }
        return found
    }
}

extension SourceNode {
    fileprivate var isObject: Bool { self["kind"] != nil && self["metadata"] != nil }
}

extension [UInt8] {
    /// Where a text stands, at or behind `start`.
    package func firstOffset(of words: String, from start: Int = 0) -> Int? {
        let sought = Array(words.utf8)
        guard let first = sought.first else { return start }
        return withUnsafeBufferPointer { bytes in
            var offset = start
            let last = bytes.count - sought.count
            while offset <= last {
                if bytes[offset] == first, sought.indices.allSatisfy({ bytes[offset + $0] == sought[$0] }) {
                    return offset
                }
                offset += 1
            }
            return nil
        }
    }
}
