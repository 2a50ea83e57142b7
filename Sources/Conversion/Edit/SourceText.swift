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
