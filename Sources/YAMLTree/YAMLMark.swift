/// A place in a document.
package struct YAMLMark: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Bytes from the start of the text, a byte order mark included.
    package var offset: Int
    /// From 1.
    package var line: Int
    /// From 1, counted in Unicode scalars.
    package var column: Int

    package init(offset: Int, line: Int, column: Int) {
        self.offset = offset
        self.line = line
        self.column = column
    }

    package static let start = YAMLMark(offset: 0, line: 1, column: 1)

    package static func < (left: YAMLMark, right: YAMLMark) -> Bool { left.offset < right.offset }

    package var description: String { "\(line):\(column)" }
}

extension YAMLMark {
    /// The place of the byte at `offset`, found by counting from the start: for error messages.
    init(of offset: Int, in bytes: [UInt8]) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(offset: offset, line: line, column: column)
    }
}
