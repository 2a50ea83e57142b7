/// Reads strict JSON (RFC 8259) into the same tree: texts as double-quoted scalars, everything else as plain ones.
struct JSONReader {
    private let bytes: [UInt8]
    private let limits: YAMLLimits
    private var offset: Int
    private var line = 1
    /// The offset at which the current line starts, less the continuation bytes seen on it, so that a column counts
    /// characters.
    private var lineStart: Int
    private var nodes = 0
    private var depth = 0

    private enum Failure: Error {
        /// Not JSON; it may still be YAML.
        case notJSON
        case refused(YAMLError)
    }

    /// `nil` where the text is not JSON's syntax. Throws for JSON that is refused: duplicate keys, limits.
    static func node(_ text: YAMLText, limits: YAMLLimits) throws(YAMLError) -> YAMLNode? {
        var reader = JSONReader(text, limits: limits)
        do throws(Failure) {
            reader.skipSpace()
            guard let first = reader.peek, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
            let node = try reader.value()
            reader.skipSpace()
            return reader.peek == nil ? node : nil
        } catch {
            switch error {
            case .refused(let error): throw error
            case .notJSON: return nil
            }
        }
    }

    private init(_ text: YAMLText, limits: YAMLLimits) {
        bytes = text.bytes
        offset = text.start
        lineStart = text.start
        self.limits = limits
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    private var mark: YAMLMark { YAMLMark(offset: offset, line: line, column: offset - lineStart + 1) }

    private mutating func value() throws(Failure) -> YAMLNode {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw .refused(YAMLError(at: mark, "the document holds more than \(limits.nodes) values"))
        }
        let start = mark
        switch peek {
        case UInt8(ascii: "{"): return YAMLNode(.mapping(try object()), at: start)
        case UInt8(ascii: "["): return YAMLNode(.sequence(try array()), at: start)
        case UInt8(ascii: "\""): return YAMLNode(.scalar(YAMLScalar(try string(), style: .doubleQuoted)), at: start)
        default: return YAMLNode(.scalar(YAMLScalar(try literal())), at: start)
        }
    }

    private mutating func object() throws(Failure) -> YAMLMapping {
        var mapping = YAMLMapping()
        try members(closedBy: UInt8(ascii: "}")) { (reader) throws(Failure) in
            let keyMark = reader.mark
            let key = try reader.string()
            reader.skipSpace()
            try reader.expect(UInt8(ascii: ":"))
            reader.skipSpace()
            guard mapping.append(.init(key: key, keyMark: keyMark, value: try reader.value())) else {
                throw .refused(YAMLError(at: keyMark, "the key \(key) stands twice in one mapping"))
            }
        }
        return mapping
    }

    private mutating func array() throws(Failure) -> [YAMLNode] {
        var elements: [YAMLNode] = []
        try members(closedBy: UInt8(ascii: "]")) { (reader) throws(Failure) in elements.append(try reader.value()) }
        return elements
    }

    private mutating func members(
        closedBy close: UInt8, _ member: (inout JSONReader) throws(Failure) -> Void
    ) throws(Failure) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depth else {
            throw .refused(YAMLError(at: mark, "values are nested more than \(limits.depth) deep"))
        }
        offset += 1
        skipSpace()
        if peek == close {
            offset += 1
            return
        }
        while true {
            try member(&self)
            skipSpace()
            if peek == close {
                offset += 1
                return
            }
            try expect(UInt8(ascii: ","))
            skipSpace()
        }
    }

    private mutating func string() throws(Failure) -> String {
        try expect(UInt8(ascii: "\""))
        var text: [UInt8] = []
        while let byte = peek {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw .notJSON
            default:
                if byte & 0xC0 == 0x80 { lineStart += 1 }
                text.append(byte)
            }
        }
        throw .notJSON
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let letter = peek else { throw .notJSON }
        offset += 1
        if let byte = Self.escapes[letter] {
            text.append(byte)
            return
        }
        guard letter == UInt8(ascii: "u") else { throw .notJSON }
        var units = [try codeUnit()]
        if UTF16.isLeadSurrogate(units[0]) {
            try expect(UInt8(ascii: "\\"))
            try expect(UInt8(ascii: "u"))
            units.append(try codeUnit())
        }
        guard let decoded = String(validating: units, as: UTF16.self), !units.contains(0) else { throw .notJSON }
        text += Array(decoded.utf8)
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        guard offset + 4 <= bytes.count, bytes[offset] != UInt8(ascii: "+"), bytes[offset] != UInt8(ascii: "-"),
            let unit = UInt16(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
        else { throw .notJSON }
        offset += 4
        return unit
    }

    private mutating func literal() throws(Failure) -> String {
        let start = offset
        while let byte = peek, !Self.endsLiteral.contains(byte) { offset += 1 }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        switch text {
        case "true", "false", "null": return text
        default:
            guard Self.isNumber(bytes[start..<offset]) else { throw .notJSON }
            return text
        }
    }

    private static let endsLiteral = Set(" \t\r\n,:]}[{\"".utf8)

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        func digits(_ text: inout ArraySlice<UInt8>) -> Int {
            let rest = text.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            defer { text = rest }
            return text.count - rest.count
        }
        var rest = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        let leadingZero = rest.first == UInt8(ascii: "0")
        let whole = digits(&rest)
        guard whole > 0, !(leadingZero && whole > 1) else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if let e = rest.first, e | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    private mutating func expect(_ byte: UInt8) throws(Failure) {
        guard peek == byte else { throw .notJSON }
        offset += 1
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            offset += 1
            if byte == 0x0A {
                line += 1
                lineStart = offset
            }
        }
    }
}
