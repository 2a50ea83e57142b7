import YAMLTree

/// Collects the text edits that add, remove and move values of a tree, in block and in flow style. Every byte that an
/// edit does not name survives.
package struct TreeEditor {
    package let text: SourceText
    package private(set) var edits = TextEdits()

    package init(_ text: SourceText) { self.text = text }

    package mutating func replace(_ range: Range<Int>, by replacement: some Sequence<UInt8>) {
        edits.replace(range, by: replacement)
    }

    /// Replaces by what was kept.
    mutating func replace(_ range: Range<Int>, by kept: TextEdits.Kept) { edits.replace(range, by: kept) }

    /// Gives a key another name, in the quotes that it has.
    mutating func rename(_ key: SourceNode, to name: String) {
        let quote = key.scalar?.style == .plain ? 0 : 1
        replace(key.offset + quote..<key.end - quote, by: name.utf8)
    }

    /// Inserts what was kept, one behind the other.
    mutating func insert(_ texts: [TextEdits.Kept], at offset: Int) {
        for text in texts { edits.replace(offset..<offset, by: text) }
    }

    mutating func keep(_ text: some Sequence<UInt8>) -> TextEdits.Kept { edits.keep(text) }

    /// Makes room for what is to be kept.
    mutating func reserve(_ length: Int) { edits.reserve(length) }

    // MARK: Removing

    package mutating func removePair(_ name: String, from mapping: SourceNode) throws(EditRefusal) {
        try removePairs([name], from: mapping)
    }

    /// Removes pairs of a mapping of which at least one stays: all at once, since what goes with each depends on its
    /// neighbours.
    ///
    /// - Parameter keepsComments: those above and beside a pair are about more than the pair.
    package mutating func removePairs(
        _ names: Set<String>, from mapping: SourceNode, keepsComments: Bool = false
    ) throws(EditRefusal) {
        guard !names.isEmpty, let pairs = mapping.pairs else { return }
        let removed = pairs.indices.filter { names.contains(where: pairs[$0].key.reads) }
        if mapping.isFlow {
            guard !removed.isEmpty else { return }
            return try removeFlow(removed, of: pairs.map { $0.key.offset..<$0.value.end }, in: mapping)
        }
        // Behind a dash: the pair that then comes first takes the place.
        let front = pairs.first.map { startsItsLine($0.key) } == true ? 0 : zip(removed, 0...).prefix { $0 == $1 }.count
        if front > 0 {
            guard pairs.indices.contains(front), !pairs[front].key.isAlias else { throw sharesLine(pairs[0]) }
            let (last, next) = (pairs[front - 1], pairs[front])
            let end = text.lineEnd(max(last.value.end, last.key.end))
            let own = keepsComments ? end : text.commentsBelow(end, deeperThan: last.key.start.column - 1)
            // What stands above the pair that now comes first belongs to that one.
            let dash = text.lineStart(pairs[0].key.offset)
            let column = text.indentation(dash)
            let kept =
                (keepsComments ? commentBeside(last, column: column) : [])
                + comments(in: own..<text.lineStart(next.key.offset), column: column)
            guard kept.isEmpty || text.bytes[dash + column] == UInt8(ascii: "-") else { throw sharesLine(pairs[0]) }
            replace(dash..<dash, by: kept)
            replace(pairs[0].key.offset..<next.key.offset, by: [])
        }
        for pair in removed.dropFirst(front).map({ pairs[$0] }) {
            guard startsItsLine(pair.key) else { throw sharesLine(pair) }
            replace(lines(of: pair), by: keepsComments ? comments(of: pair, column: pair.key.start.column - 1) : [])
        }
    }

    /// The comments above, beside and in a pair in block style, as lines at `column`.
    ///
    /// - Parameter moved: what takes its own comments along, in the order of the text.
    package func comments(of pair: SourceNode.Pair, column: Int, outside moved: [Range<Int>] = []) -> [UInt8] {
        let (lines, key) = (lines(of: pair), text.lineStart(pair.key.offset))
        return comments(in: lines.lowerBound..<key, column: column) + commentBeside(pair, column: column)
            + comments(in: key..<lines.upperBound, column: column, outside: moved)
    }

    private func comments(in lines: Range<Int>, column: Int, outside moved: [Range<Int>] = []) -> [UInt8] {
        var comments: [UInt8] = []
        var start = lines.lowerBound
        var moved = moved[...]
        while start < lines.upperBound {
            let end = text.lineEnd(start)
            moved = moved.drop { $0.upperBound <= start }
            if text.isComment(start), moved.first?.contains(start) != true {
                comments += line(start + text.indentation(start)..<end, column: column)
            }
            start = end
        }
        return comments
    }

    private func commentBeside(_ pair: SourceNode.Pair, column: Int) -> [UInt8] {
        let end = text.lineEnd(pair.key.end)
        let words = text.bytes[(pair.value.end < end ? max(pair.value.end, pair.key.end) : pair.key.end)..<end]
        let comment = words.drop { $0 == UInt8(ascii: ":") || $0 == 0x20 }
        return comment.first == UInt8(ascii: "#") ? line(comment.startIndex..<end, column: column) : []
    }

    private func line(_ words: Range<Int>, column: Int) -> [UInt8] {
        let words = text.bytes[words]
        return [UInt8](repeating: 0x20, count: column) + words + (words.last == 0x0A ? [] : [0x0A])
    }

    private func sharesLine(_ pair: SourceNode.Pair) -> EditRefusal {
        EditRefusal(.layout, at: pair.key, "\(pair.name) shares its line with what stays; write it on its own line")
    }

    /// Removes elements of a list of which at least one stays.
    package mutating func removeElements(_ indices: [Int], of list: SourceNode) throws(EditRefusal) {
        guard let elements = list.elements else { return }
        if list.isFlow {
            try removeFlow(indices, of: elements.map { $0.offset..<$0.end }, in: list)
        } else {
            for index in indices { replace(try blockElement(index, of: list, elements), by: []) }
        }
    }

    /// Each element goes with the comma behind it; a run at the end with the comma before it.
    private mutating func removeFlow(
        _ indices: [Int], of ranges: [Range<Int>], in collection: SourceNode
    ) throws(EditRefusal) {
        let removed = Set(indices)
        guard let lastKept = ranges.indices.last(where: { !removed.contains($0) }) else {
            replace(collection.offset + 1..<collection.end - 1, by: [])
            return
        }
        for index in indices where index < lastKept {
            try refuseComments(ranges[index].upperBound..<ranges[index + 1].lowerBound, at: collection)
            replace(ranges[index].lowerBound..<ranges[index + 1].lowerBound, by: [])
        }
        if lastKept + 1 < ranges.count {
            let tail = ranges[lastKept].upperBound..<ranges[ranges.count - 1].upperBound
            try refuseComments(ranges[lastKept].upperBound..<ranges[lastKept + 1].lowerBound, at: collection)
            replace(tail, by: [])
        }
    }

    package func refuseComments(_ range: Range<Int>, at node: SourceNode) throws(EditRefusal) {
        guard range.lowerBound <= range.upperBound, !text.bytes[range].contains(UInt8(ascii: "#")) else {
            throw EditRefusal(.layout, at: node, "a comment stands between the braces here; write this in block style")
        }
    }

    // MARK: Adding

    /// Adds a pair behind the pair `anchor` of a mapping. `value` is one line in flow style, or further lines in block
    /// style that are indented from the margin.
    package mutating func addPair(
        _ name: String, _ value: String, blockLines: [String] = [], to mapping: SourceNode, after anchor: String
    ) throws(EditRefusal) {
        guard let first = mapping.firstPair, let after = mapping.ownPair(anchor) ?? mapping.firstPair else {
            throw EditRefusal(.layout, at: mapping, "expected a mapping that is not empty")
        }
        guard !after.value.isNull || mapping.isFlow || after.value.end > after.key.end else {
            throw EditRefusal(.layout, at: mapping, "\(anchor) has no value")
        }
        if mapping.isFlow {
            let key = isQuoted(after.key) ? "\"\(name)\"" : name
            let gap = flowGap(mapping, (mapping.pairs ?? []).map { $0.key.offset..<$0.value.end })
            replace(after.value.end..<after.value.end, by: [UInt8(ascii: ",")] + gap + Array("\(key): \(value)".utf8))
            return
        }
        let margin = [UInt8](repeating: 0x20, count: first.key.start.column - 1)
        let lineBreak = text.lineBreak(at: after.value.end)
        let head = blockLines.isEmpty ? "\(name): \(value)" : "\(name):"
        var lines: [UInt8] = []
        lines.reserveCapacity((blockLines.count + 1) * (margin.count + 32))
        for line in [head] + blockLines {
            lines += margin
            lines += line.utf8
            lines += lineBreak
        }
        insertLines(lines, at: text.lineEnd(after.value.end))
    }

    /// Inserts whole lines at the start of a line; behind a last line without a break, adds the break.
    package mutating func insertLines(_ lines: some Sequence<UInt8>, at offset: Int) {
        if offset > 0, text.bytes[offset - 1] != 0x0A { replace(offset..<offset, by: [0x0A]) }
        replace(offset..<offset, by: lines)
    }

    // MARK: Places

    package func isQuoted(_ node: SourceNode) -> Bool { node.scalar?.style == .doubleQuoted }

    /// What stands between two members of a flow collection, without the comma.
    package func flowGap(_ collection: SourceNode, _ ranges: [Range<Int>]) -> [UInt8] {
        guard let first = ranges.first else { return [0x20] }
        let gap = text.bytes[min(collection.offset + 1, first.lowerBound)..<first.lowerBound]
        if text.isBlank(gap.startIndex..<gap.endIndex), gap.contains(0x0A) { return Array(gap) }
        if ranges.count > 1 {
            let between = text.bytes[first.upperBound..<ranges[1].lowerBound].filter { $0 != UInt8(ascii: ",") }
            if between.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return Array(between) }
        }
        return [0x20]
    }

    package func startsItsLine(_ node: SourceNode) -> Bool {
        let start = text.lineStart(node.offset)
        return start + text.indentation(start) == node.offset
    }

    /// Of a pair in block style, with the comments that are its own.
    private func lines(of pair: SourceNode.Pair) -> Range<Int> {
        let column = pair.key.start.column - 1
        let start = text.lineStart(pair.key.offset)
        let end = text.lineEnd(max(pair.value.end, pair.key.end))
        return text.commentsAbove(start, column: column)..<text.commentsBelow(end, deeperThan: column)
    }

    /// The whole lines of an element in block style, its dash and the comments that are its own included.
    package func blockElement(_ index: Int, of list: SourceNode) throws(EditRefusal) -> Range<Int> {
        try blockElement(index, of: list, list.elements ?? [])
    }

    /// The same for one who looks at many: the elements are looked up once.
    package func blockElement(
        _ index: Int, of list: SourceNode, _ elements: [SourceNode]
    ) throws(EditRefusal) -> Range<Int> {
        guard elements.indices.contains(index) else { throw EditRefusal(.layout, at: list, "expected a list") }
        let element = elements[index]
        let column = try dashColumn(list)
        let bound = index == 0 ? list.offset : elements[index - 1].end
        var start = text.lineStart(element.offset)
        while text.indentation(start) != column || start + column >= text.bytes.count
            || text.bytes[start + column] != UInt8(ascii: "-")
        {
            guard start > bound else {
                throw EditRefusal(.layout, at: element, "the element shares its line with what stands before it")
            }
            start = text.lineStart(start - 1)
        }
        let end = text.lineEnd(element.end)
        return text.commentsAbove(start, column: column)..<text.commentsBelow(end, deeperThan: column)
    }

    /// The number of spaces before the dashes of a list in block style.
    package func dashColumn(_ list: SourceNode) throws(EditRefusal) -> Int {
        let dash = list.properties.anchor == nil && list.properties.tag == nil ? list.offset : nil
        guard let dash, text.bytes[dash] == UInt8(ascii: "-") else {
            throw EditRefusal(.layout, at: list, "a list with an anchor or a tag is not edited")
        }
        return list.start.column - 1
    }
}
