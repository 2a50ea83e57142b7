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

    /// - Parameter position: the element before which they go; behind the last where there is none.
    package func insert(
        _ elements: [[UInt8]], before position: Int, _ editor: inout TreeEditor
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
            let gap = editor.flowGap(target.value, existing.map { $0.offset..<$0.end })
            let comma: [UInt8] = [UInt8(ascii: ",")]
            if let start = next?.offset {
                return editor.replace(start..<start, by: elements.flatMap { $0 + comma + gap })
            }
            try editor.refuseComments(last.end..<target.value.end, at: target.value)
            editor.replace(last.end..<last.end, by: elements.flatMap { comma + gap + $0 })
        } else {
            let shift = try editor.dashColumn(target.value) - editor.dashColumn(source)
            let place =
                try next == nil
                ? editor.blockElement(existing.count - 1, of: target.value).upperBound
                : editor.blockElement(position, of: target.value).lowerBound
            insertBlock(elements, shift: shift, at: place, &editor)
        }
    }

    private func insertBlock(_ elements: [[UInt8]], shift: Int, at offset: Int, _ editor: inout TreeEditor) {
        let lineBreak = text.lineBreak(at: source.offset)
        if offset > 0, text.bytes[offset - 1] != 0x0A { editor.replace(offset..<offset, by: lineBreak) }
        // One by one, so that there is no second copy of a long list.
        for element in elements {
            let block = element.last == 0x0A ? element : element + lineBreak
            editor.replace(offset..<offset, by: SourceText.shift(block, by: shift))
        }
    }

    /// `initContainers: []` or without a value.
    private func fill(
        _ target: SourceNode.Pair, _ elements: [[UInt8]], _ editor: inout TreeEditor
    ) throws(EditRefusal) {
        let value = target.value
        guard value.properties == .init() else {
            throw EditRefusal(.layout, at: value, "\(field) has an anchor or a tag")
        }
        if source.isFlow {
            let separator = separatedFlow(elements, editor)
            editor.replace(
                value.offset..<value.end,
                by: (value.end > value.offset ? [] : [0x20]) + [UInt8(ascii: "[")] + separator)
            return
        }
        var start = value.offset
        while start > 0, text.bytes[start - 1] == 0x20 { start -= 1 }
        if value.end > value.offset { editor.replace(start..<value.end, by: []) }
        insertBlock(elements, shift: 0, at: text.lineEnd(max(value.end, target.key.end)), &editor)
    }

    /// A list of its own before the other one; behind it where that one shares its line with a dash.
    private func insertList(_ elements: [[UInt8]], _ editor: inout TreeEditor) throws(EditRefusal) {
        guard let pair = spec.ownPair(beside), let pairs = spec.pairs else {
            throw EditRefusal(.shape, at: spec, "expected \(beside)")
        }
        let quote = editor.isQuoted(pair.key) ? "\"" : ""
        let key = Array("\(quote)\(field)\(quote):".utf8)
        if spec.isFlow {
            let gap = editor.flowGap(spec, pairs.map { $0.key.offset..<$0.value.end })
            try editor.refuseComments(spec.offset + 1..<pairs[0].key.offset, at: spec)
            let list = key + space(before: pair) + [UInt8(ascii: "[")] + separatedFlow(elements, editor)
            editor.replace(
                pair.key.offset..<pair.key.offset, by: list + [UInt8(ascii: ",")] + gap)
            return
        }
        let column = pair.key.start.column - 1
        let lineBreak = text.lineBreak(at: pair.key.offset)
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
            let list = [0x20, UInt8(ascii: "[")] + separatedFlow(elements, editor)
            editor.replace(offset..<offset, by: margin + key + list + lineBreak)
        } else {
            editor.replace(offset..<offset, by: margin + key + lineBreak)
            insertBlock(elements, shift: 0, at: offset, &editor)
        }
    }

    private func space(before pair: SourceNode.Pair) -> [UInt8] {
        pair.value.offset > pair.key.end + 1 ? [0x20] : []
    }

    /// The elements, spaced as those of the source, and the closing bracket.
    private func separatedFlow(_ elements: [[UInt8]], _ editor: TreeEditor) -> [UInt8] {
        let existing = source.elements ?? []
        let gap = editor.flowGap(source, existing.map { $0.offset..<$0.end })
        let opens = existing.first.map { Array(text.bytes[source.offset + 1..<$0.offset]) } ?? []
        let closes = existing.last.map { Array(text.bytes[$0.end..<source.end - 1]) } ?? []
        let blankOpens = opens.allSatisfy(isSpace) ? opens : []
        let blankCloses = closes.allSatisfy(isSpace) ? closes : []
        let comma: [UInt8] = [UInt8(ascii: ",")]
        return blankOpens + elements.enumerated().flatMap { ($0.offset > 0 ? comma + gap : []) + $0.element }
            + blankCloses + [UInt8(ascii: "]")]
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
