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
    private let isMentioned: Bool

    /// Most streams hold none, which one look tells.
    init(_ text: SourceText) {
        self.text = text
        isMentioned = text.bytes.firstOffset(of: Self.key) != nil
        guard isMentioned else { return }
        var offset = 0
        while let found = text.bytes.firstOffset(of: Self.key, from: offset) {
            offset = found + Self.key.utf8.count
            let start = text.lineStart(found)
            guard text.bytes[start..<found].contains(UInt8(ascii: "#")) else { continue }
            let line = text.bytes[offset..<text.lineEnd(found)].drop { $0 == UInt8(ascii: ":") || $0 == 0x20 }
            let number = 1 + text.bytes[..<start].count { $0 == 0x0A }
            let mark = YAMLMark(offset: found, line: number, column: found - start + 1)
            comments.append(Self.note(String(decoding: line, as: UTF8.self), at: mark))
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
    func notes(of document: SourceDocument, from start: Int) -> [Note] {
        guard isMentioned else { return [] }
        let root = document.root
        return annotations(root)
            + comments.filter { (start..<max(start, root.end)).contains($0.mark.offset) }.map { note in
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
        guard !notes.isEmpty else { return }
        findings.ignore { diagnostic in
            notes.first { note in
                note.rules.contains(diagnostic.rule.id) && !note.reason.isEmpty
                    && (note.scope?.contains(diagnostic.offset) ?? isBeside(note, diagnostic))
            }?.reason
        }
    }

    /// On the line of a finding, or among the comment lines above it.
    private func isBeside(_ note: Note, _ diagnostic: Diagnostic) -> Bool {
        if note.mark.line == diagnostic.line { return true }
        guard note.mark.line < diagnostic.line else { return false }
        var line = text.lineStart(diagnostic.offset)
        for _ in note.mark.line..<diagnostic.line {
            guard line > 0 else { return false }
            line = text.lineStart(line - 1)
            guard text.isComment(line) else { return false }
        }
        return true
    }

    /// Those of the objects in a document, each with its object's bytes.
    private func annotations(_ root: SourceNode) -> [Note] {
        let tree = root.tree
        return (root.index..<tree.next(root.index)).compactMap { index in
            guard tree.reads(index, Self.key) else { return nil }
            let value = SourceNode(tree: tree, index: tree.next(index))
            guard index + 1 == value.index, let words = value.scalar?.text else { return nil }
            var note = Self.note(words, at: value.start)
            let object = object(around: index, in: root)
            note.scope = object.offset..<max(object.end, object.offset + 1)
            return note
        }
    }

    /// The innermost object of the API around a value: the document, or an item of a list.
    private func object(around index: Int, in root: SourceNode) -> SourceNode {
        var (node, object) = (root, root)
        while let next = (node.pairs?.map(\.value) ?? node.elements ?? []).first(where: {
            $0.index <= index && index < $0.tree.next($0.index)
        }) {
            if next["kind"] != nil, next["metadata"] != nil { object = next }
            node = next
        }
        return object
    }
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
