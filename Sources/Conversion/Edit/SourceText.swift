/// The text of a stream, asked by lines.
package struct SourceText {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package func lineStart(_ offset: Int) -> Int {
        var position = offset
        while position > 0, bytes[position - 1] != 0x0A { position -= 1 }
        return position
    }

    /// Behind the line's break, or the end of the text.
    package func lineEnd(_ offset: Int) -> Int {
        var position = offset
        while position < bytes.count {
            position += 1
            if bytes[position - 1] == 0x0A { return position }
        }
        return position
    }

    /// `\r\n` where the line of `offset` ends so.
    package func lineBreak(at offset: Int) -> [UInt8] {
        let end = lineEnd(offset)
        if end >= 2, bytes[end - 1] == 0x0A { return bytes[end - 2] == 0x0D ? [0x0D, 0x0A] : [0x0A] }
        let start = lineStart(offset)
        return start >= 2 && bytes[start - 2] == 0x0D ? [0x0D, 0x0A] : [0x0A]
    }

    /// The number of spaces before the first other byte of the line that starts at `start`.
    package func indentation(_ start: Int) -> Int {
        var position = start
        while position < bytes.count, bytes[position] == 0x20 { position += 1 }
        return position - start
    }

    /// Whether the line that starts at `start` holds a comment alone.
    package func isComment(_ start: Int) -> Bool {
        let first = start + indentation(start)
        return first < bytes.count && bytes[first] == UInt8(ascii: "#")
    }

    /// The start of the comment lines directly above the line that starts at `start`, at the indentation `column`.
    package func commentsAbove(_ start: Int, column: Int) -> Int {
        var start = start
        while start > 0 {
            let above = lineStart(start - 1)
            guard isComment(above), indentation(above) == column else { break }
            start = above
        }
        return start
    }

    /// The end of the comment lines directly below `end` (the start of a line) that are indented deeper than `column`.
    package func commentsBelow(_ end: Int, deeperThan column: Int) -> Int {
        var end = end
        while end < bytes.count, isComment(end), indentation(end) > column { end = lineEnd(end) }
        return end
    }

    package func isBlank(_ range: Range<Int>) -> Bool {
        bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    /// Moves every line of a block right (or left, below zero). Lines that cannot move (empty ones, comments nearer to
    /// the margin) stay as they are.
    package static func shift(_ block: [UInt8], by columns: Int) -> [UInt8] {
        guard columns != 0 else { return block }
        var result: [UInt8] = []
        for line in block.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if line.offset > 0 { result.append(0x0A) }
            let isEmpty = line.element.allSatisfy { $0 == 0x0D }
            if columns > 0, !isEmpty {
                result += repeatElement(0x20, count: columns)
                result += line.element
            } else if columns < 0, line.element.prefix(-columns).allSatisfy({ $0 == 0x20 }),
                line.element.count >= -columns
            {
                result += line.element.dropFirst(-columns)
            } else {
                result += line.element
            }
        }
        return result
    }
}

/// Bytes of a text that are to be replaced by others. The others lie in one block of memory: of a large document thousands of
/// containers move, each of which may be small.
package struct TextEdits: Sendable {
    /// Where a text lies that `keep` was given.
    package typealias Kept = Range<UInt32>

    // Places of a stream that `StreamConverter.limits` bounds fit 32 bits.
    private struct Edit {
        let range: Range<UInt32>
        var replacement: Kept

        /// What is inserted somewhere comes before what is replaced there.
        var place: (UInt32, Int) { (range.lowerBound, range.isEmpty ? 0 : 1) }
    }

    private var edits: [Edit] = []
    private var texts: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { edits.isEmpty }

    /// Makes room for a text of that length: what is not used of it costs nothing.
    mutating func reserve(_ length: Int) { texts.reserveCapacity(texts.count + length) }

    /// Keeps a text, for one edit or for several.
    mutating func keep(_ text: some Sequence<UInt8>) -> Kept {
        let start = texts.count
        texts += text
        return UInt32(start)..<UInt32(texts.count)
    }

    package mutating func replace(_ range: Range<Int>, by text: some Sequence<UInt8>) {
        replace(range, by: keep(text))
    }

    package mutating func replace(_ range: Range<Int>, by text: Kept) {
        let range = UInt32(range.lowerBound)..<UInt32(range.upperBound)
        if let last = edits.indices.last, range.isEmpty, edits[last].range == range,
            edits[last].replacement.upperBound == text.lowerBound
        {
            edits[last].replacement = edits[last].replacement.lowerBound..<text.upperBound
        } else {
            edits.append(Edit(range: range, replacement: text))
        }
    }

    mutating func add(_ other: TextEdits) {
        guard !isEmpty else {
            self = other
            return
        }
        let start = UInt32(texts.count)
        texts += other.texts
        edits += other.edits.map { edit in
            let (first, last) = (edit.replacement.lowerBound, edit.replacement.upperBound)
            return Edit(range: edit.range, replacement: start + first..<start + last)
        }
    }

    /// Applies the edits to the part `bounds` of a text; `nil` where two of them overlap. Edits at one place keep their order.
    package func applied(to text: [UInt8], in bounds: Range<Int>) -> [UInt8]? {
        var result: [UInt8] = []
        let length = edits.reduce(bounds.count) { $0 + $1.replacement.count - $1.range.count }
        result.reserveCapacity(max(length, 0))
        var position = bounds.lowerBound
        let isOrdered = zip(edits, edits.dropFirst()).allSatisfy { $0.place <= $1.place }
        // Swift's sort is stable.
        for edit in isOrdered ? edits : edits.sorted(by: { $0.place < $1.place }) {
            guard edit.range.lowerBound >= position, edit.range.upperBound <= bounds.upperBound else { return nil }
            result += text[position..<Int(edit.range.lowerBound)]
            result += texts[Int(edit.replacement.lowerBound)..<Int(edit.replacement.upperBound)]
            position = Int(edit.range.upperBound)
        }
        result += text[position..<bounds.upperBound]
        return result
    }
}
