/// A text that is safe to hand to a parser: within the limit, UTF-8, no NUL.
struct YAMLText {
    let bytes: [UInt8]
    /// 3 where a byte order mark stands at the front, else 0.
    let start: Int

    init(_ bytes: [UInt8], limit: Int) throws(YAMLError) {
        guard bytes.count <= limit else {
            throw YAMLError(at: .start, "the text has \(bytes.count) bytes; at most \(limit) are accepted")
        }
        for (mark, name) in Self.foreignMarks where bytes.starts(with: mark) {
            throw YAMLError(at: .start, "the text is \(name); expected UTF-8")
        }
        self.bytes = bytes
        start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        do {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw YAMLError(at: YAMLMark(of: error.byteOffsets.lowerBound, in: bytes), "expected UTF-8")
        }
        if let offset = bytes.firstIndex(of: 0) {
            throw YAMLError(at: YAMLMark(of: offset, in: bytes), "found a NUL byte; expected text")
        }
    }

    private static let foreignMarks: [([UInt8], String)] = [
        ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"),
        ([0xFE, 0xFF], "UTF-16"), ([0x1F, 0x8B], "compressed (gzip)"), ([0x28, 0xB5, 0x2F, 0xFD], "compressed (zstd)"),
    ]
}
