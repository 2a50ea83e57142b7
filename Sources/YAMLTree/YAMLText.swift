/// A text that is safe to hand to a parser: within the limit, UTF-8, no NUL.
package struct YAMLText {
    package let bytes: [UInt8]
    /// 3 where a byte order mark stands at the front, else 0.
    package private(set) var start: Int
    let isASCII: Bool

    package init(_ bytes: [UInt8], limit: Int) throws(YAMLError) {
        guard bytes.count <= limit else {
            throw YAMLError(at: .start, "the text has \(bytes.count) bytes; at most \(limit) are accepted")
        }
        for (mark, name) in Self.foreignMarks where bytes.starts(with: mark) {
            throw YAMLError(at: .start, "the text is \(name); expected UTF-8")
        }
        self.bytes = bytes
        start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        do {
            let text = try UTF8Span(validating: bytes.span)
            isASCII = text.isKnownASCII
        } catch {
            throw YAMLError(at: YAMLMark(of: error.byteOffsets.lowerBound, in: bytes), "expected UTF-8")
        }
        if let offset = bytes.firstIndex(of: 0) {
            throw YAMLError(at: YAMLMark(of: offset, in: bytes), "found a NUL byte; expected text")
        }
    }

    /// The same, to be read from there alone.
    func from(_ offset: Int) -> YAMLText {
        var rest = self
        rest.start = offset
        return rest
    }

    private static let foreignMarks: [([UInt8], String)] = [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"),
        ([0xFE, 0xFF], "UTF-16"), ([0x1F, 0x8B], "compressed (gzip)"), ([0x28, 0xB5, 0x2F, 0xFD], "compressed (zstd)"),
    ]
}

/// Bounds on what a document may cost. A document beyond one of them is refused, never read in part.
package struct YAMLLimits: Sendable, Equatable {
    /// Bytes of text.
    package var bytes: Int
    /// Collections inside each other.
    package var depth: Int
    /// Nodes after aliases and merge keys were filled in, so that a few lines cannot stand for a billion nodes.
    package var nodes: Int

    package init(bytes: Int = 16 << 20, depth: Int = 64, nodes: Int = 1_000_000) {
        self.bytes = bytes
        self.depth = depth
        self.nodes = nodes
    }
}

/// A text that is not what it should be, and where.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a caller may have to tell apart.
    package enum Reason: Sendable {
        case text
        /// An alias without its anchor before it.
        case missingAnchor
    }

    package var mark: YAMLMark
    /// What was found or expected, as one sentence without a place.
    package var message: String
    package var reason: Reason

    package init(at mark: YAMLMark, _ message: String, _ reason: Reason = .text) {
        self.mark = mark
        self.message = message
        self.reason = reason
    }

    package static func missingAnchor(_ name: String, at mark: YAMLMark) -> YAMLError {
        YAMLError(at: mark, "*\(name) has no anchor &\(name) before it", .missingAnchor)
    }

    /// `line:column: message`, the form editors jump to.
    package var description: String { "\(mark): \(message)" }
}

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
    init(of offset: Int, in bytes: [UInt8]) { self = YAMLMark.start.advanced(to: offset, in: bytes) }

    /// The place of the byte at `offset`, found by counting from this one. Lines end as libyaml has them end.
    package func advanced(to offset: Int, in bytes: [UInt8]) -> YAMLMark {
        var mark = YAMLMark(offset: max(offset, self.offset), line: line, column: column)
        bytes.withUnsafeBufferPointer { bytes in
            var position = self.offset
            while position < min(offset, bytes.count) {
                let byte = bytes[position]
                position += 1
                if byte & 0xC0 == 0x80 { continue }
                mark.column += 1
                let isBreak =
                    switch byte {
                    case 0x0A: true
                    case 0x0D: position == bytes.count || bytes[position] != 0x0A
                    // NEL, LS and PS.
                    case 0xC2: position < bytes.count && bytes[position] == 0x85
                    case 0xE2:
                        position + 1 < bytes.count && bytes[position] == 0x80 && bytes[position + 1] & 0xFE == 0xA8
                    default: false
                    }
                if isBreak {
                    mark.line += 1
                    mark.column = 1
                }
            }
        }
        return mark
    }
}
