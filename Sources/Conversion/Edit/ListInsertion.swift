import YAMLTree

/// Puts elements among those of a list, which is made where it is missing.
package struct ListInsertion {
    package let spec: SourceNode
    /// The list that the elements come from; its style is kept.
    package let source: SourceNode
    /// The list that they go to, and the key beside which it is made.
    package let field: String
    package let beside: String
    package let text: SourceText
    /// How far to the right the elements of a list in block style go.
    private let shift: Int
    private let lineBreak: [UInt8]

    init(spec: SourceNode, source: SourceNode, field: String, beside: String, _ editor: TreeEditor) {
        (self.spec, self.source, self.field, self.beside) = (spec, source, field, beside)
        text = editor.text
        lineBreak = text.lineBreak(at: source.offset)
        let target = spec.ownPair(field)?.value
        let isMoved = !source.isFlow && target?.isFlow == false && target?.elements?.isEmpty == false
        // One that has no column is refused as it is inserted to.
        let columns = isMoved ? target.flatMap { try? (editor.dashColumn($0), editor.dashColumn(source)) } : nil
        shift = columns.map { $0.0 - $0.1 } ?? 0
    }

    /// An element, or lines in front of one, as it stands in the list that it goes to.
    func formed(_ element: [UInt8]) -> [UInt8] {
        guard !source.isFlow else { return element }
        return SourceText.shift(element.last == 0x0A ? element : element + lineBreak, by: shift)
    }

    /// - Parameters:
    ///   - elements: formed and kept.
    ///   - position: the element before which they go; behind the last where there is none.
    func insert(
        _ elements: [TextEdits.Kept], before position: Int, _ editor: inout TreeEditor
    ) throws(EditRefusal) {
        guard let target = spec.ownPair(field) else { return try insertList(elements, &editor) }
        if target.value.isNull || target.value.elements?.isEmpty == true {
            return try fill(target, elements, &editor)
        }
        guard target.value.isFlow == source.isFlow, let existing = target.value.elements, let last = existing.last
        else {
            throw EditRefusal(.layout, at: target.value, "\(field) and \(beside) are written in different styles")
        }
        let next = existing.indices.contains(position) ? existing[position] : nil
        if source.isFlow {
            let separator = separator(target.value, existing, &editor)
            if let start = next?.offset {
                return editor.insert(elements.flatMap { [$0, separator] }, at: start)
            }
            try editor.refuseComments(last.end..<target.value.end, at: target.value)
            editor.insert(elements.flatMap { [separator, $0] }, at: last.end)
        } else {
            _ = try (editor.dashColumn(target.value), editor.dashColumn(source))
            let place =
                try next == nil
                ? editor.blockElement(existing.count - 1, of: target.value).upperBound
                : editor.blockElement(position, of: target.value).lowerBound
            insertBlock(elements, at: place, &editor)
        }
    }

    private func insertBlock(_ elements: [TextEdits.Kept], at offset: Int, _ editor: inout TreeEditor) {
        if offset > 0, text.bytes[offset - 1] != 0x0A { editor.replace(offset..<offset, by: lineBreak) }
        editor.insert(elements, at: offset)
    }

    /// The comma between two elements, and what stands behind it.
    private func separator(
        _ list: SourceNode, _ elements: [SourceNode], _ editor: inout TreeEditor
    ) -> TextEdits.Kept {
        editor.keep([UInt8(ascii: ",")] + editor.flowGap(list, elements.map { $0.offset..<$0.end }))
    }

    /// `initContainers: []` or without a value.
    private func fill(
        _ target: SourceNode.Pair, _ elements: [TextEdits.Kept], _ editor: inout TreeEditor
    ) throws(EditRefusal) {
        let value = target.value
        guard value.properties == .init() else {
            throw EditRefusal(.layout, at: value, "\(field) has an anchor or a tag")
        }
        if source.isFlow {
            editor.replace(value.offset..<value.end, by: value.end > value.offset ? [] : [0x20])
            return insertFlow(elements, at: value.end, &editor)
        }
        var start = value.offset
        while start > 0, text.bytes[start - 1] == 0x20 { start -= 1 }
        if value.end > value.offset { editor.replace(start..<value.end, by: []) }
        insertBlock(elements, at: text.lineEnd(max(value.end, target.key.end)), &editor)
    }

    /// A list of its own before the other one; behind it where that one shares its line with a dash.
    private func insertList(_ elements: [TextEdits.Kept], _ editor: inout TreeEditor) throws(EditRefusal) {
        guard let pair = spec.ownPair(beside), let pairs = spec.pairs else {
            throw EditRefusal(.shape, at: spec, "expected \(beside)")
        }
        let quote = editor.isQuoted(pair.key) ? "\"" : ""
        let key = Array("\(quote)\(field)\(quote):".utf8)
        if spec.isFlow {
            let gap = editor.flowGap(spec, pairs.map { $0.key.offset..<$0.value.end })
            try editor.refuseComments(spec.offset + 1..<pairs[0].key.offset, at: spec)
            let place = pair.key.offset
            editor.replace(place..<place, by: key + space(before: pair))
            insertFlow(elements, at: place, &editor)
            return editor.replace(place..<place, by: [UInt8(ascii: ",")] + gap)
        }
        let column = pair.key.start.column - 1
        let keyBreak = text.lineBreak(at: pair.key.offset)
        let margin = [UInt8](repeating: 0x20, count: column)
        let offset: Int
        if editor.startsItsLine(pair.key) {
            offset = text.commentsAbove(text.lineStart(pair.key.offset), column: column)
        } else if source.isFlow {
            offset = text.lineEnd(source.end)
        } else {
            offset = try editor.blockElement((source.elements?.count ?? 1) - 1, of: source).upperBound
        }
        if source.isFlow {
            editor.replace(offset..<offset, by: margin + key + [0x20])
            insertFlow(elements, at: offset, &editor)
            editor.replace(offset..<offset, by: keyBreak)
        } else {
            editor.replace(offset..<offset, by: margin + key + keyBreak)
            insertBlock(elements, at: offset, &editor)
        }
    }

    private func space(before pair: SourceNode.Pair) -> [UInt8] {
        pair.value.offset > pair.key.end + 1 ? [0x20] : []
    }

    /// A list of the elements, spaced as those of the source.
    private func insertFlow(_ elements: [TextEdits.Kept], at offset: Int, _ editor: inout TreeEditor) {
        let existing = source.elements ?? []
        let opens = existing.first.map { Array(text.bytes[source.offset + 1..<$0.offset]) } ?? []
        let closes = existing.last.map { Array(text.bytes[$0.end..<source.end - 1]) } ?? []
        let blankOpens = opens.allSatisfy(isSpace) ? opens : []
        let blankCloses = closes.allSatisfy(isSpace) ? closes : []
        let separator = separator(source, existing, &editor)
        editor.replace(offset..<offset, by: [UInt8(ascii: "[")] + blankOpens)
        editor.insert(Array(elements.flatMap { [separator, $0] }.dropFirst()), at: offset)
        editor.replace(offset..<offset, by: blankCloses + [UInt8(ascii: "]")])
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
