import YAMLTree

// What stands within a line, and collections in flow style, which may go on in the next.
extension PlainReader {
    /// Passes a character that YAML may hold and that breaks no line.
    @inline(__always)
    mutating func step(orTab: Bool = false) throws(NotPlain) {
        let byte = bytes[position]
        if byte >= 0x20, byte < 0x7F || orTab && byte == 0x09 { position += 1 } else { try stepFar(orTab) }
    }

    /// The text is known to be UTF-8.
    private mutating func stepFar(_ orTab: Bool) throws(NotPlain) {
        let width =
            switch bytes[position] {
            case 0x09 where orTab: 1
            // Those below are controls, NEL among them, which breaks lines.
            case 0xC2 where byte(position + 1) >= 0xA0, 0xC3...0xDF: 2
            // LS and PS break lines, too.
            case 0xE2 where byte(position + 1) == 0x80 && byte(position + 2) & 0xFE == 0xA8: throw NotPlain()
            // Behind them lie byte order marks and what is no character.
            case 0xE0...0xEE: 3
            case 0xF0...0xF4: 4
            default: throw NotPlain()
            }
        if width > 1 { wide = min(wide, position) }
        position += width
    }

    // MARK: Scalars

    /// A scalar in the line, up to its end or to the colon behind a key.
    ///
    /// - Returns: its place among the records.
    @discardableResult
    mutating func scalar() throws(NotPlain) -> Int {
        switch byte(position) {
        case UInt8(ascii: "\""): return try doubleQuoted()
        case UInt8(ascii: "'"): return try singleQuoted()
        default: break
        }
        guard beginsPlain else { throw NotPlain() }
        let start = try mark()
        position = try plainEnd()
        return try append(.scalar(.plain), start)
    }

    /// Whether a plain scalar begins here: with anything but YAML's indicators.
    private var beginsPlain: Bool {
        switch byte(position) {
        case UInt8(ascii: "-"): !isBlank(position + 1)
        case UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "&"), UInt8(ascii: "*"),
            UInt8(ascii: "!"), UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "@"),
            UInt8(ascii: "`"), ...0x20, 0x7F:
            false
        default: true
        }
    }

    /// Behind the last character before a comment, a colon or the line's end.
    private mutating func plainEnd() throws(NotPlain) -> Int {
        var end = position
        while position < bytes.count {
            switch bytes[position] {
            case 0x0A: return end
            case 0x20:
                position += 1
                if byte(position) == UInt8(ascii: "#") { return end }
            case UInt8(ascii: ":") where isBlank(position + 1): return end
            default:
                try step()
                end = position
            }
        }
        return end
    }

    private mutating func singleQuoted() throws(NotPlain) -> Int {
        let start = try mark()
        var isVerbatim = true
        position += 1
        while true {
            guard position < bytes.count else { throw NotPlain() }
            if bytes[position] == UInt8(ascii: "'") {
                guard byte(position + 1) == UInt8(ascii: "'") else { break }
                isVerbatim = false
                position += 2
            } else {
                try step()
            }
        }
        return try appendQuoted(.singleQuoted, start, isVerbatim) { words, text in
            var isSecond = false
            for byte in words {
                isSecond = byte == UInt8(ascii: "'") && !isSecond
                if !isSecond { text.append(byte) }
            }
        }
    }

    private mutating func doubleQuoted() throws(NotPlain) -> Int {
        let start = try mark()
        var isVerbatim = true
        position += 1
        while byte(position) != UInt8(ascii: "\"") {
            guard position < bytes.count else { throw NotPlain() }
            if bytes[position] == UInt8(ascii: "\\") {
                guard Self.escaped(byte(position + 1)) != nil else { throw NotPlain() }
                isVerbatim = false
                position += 2
            } else {
                try step()
            }
        }
        return try appendQuoted(.doubleQuoted, start, isVerbatim) { words, text in
            var rest = words
            while let byte = rest.popFirst() {
                text.append(byte == UInt8(ascii: "\\") ? rest.popFirst().flatMap(Self.escaped) ?? byte : byte)
            }
        }
    }

    /// Adds the scalar that ends with the quote at which the reader is.
    ///
    /// - Parameter decode: adds what the words between the quotes mean, where that is not what they are.
    private mutating func appendQuoted(
        _ style: YAMLScalar.Style, _ start: YAMLMark, _ isVerbatim: Bool,
        decode: (ArraySlice<UInt8>, inout [UInt8]) -> Void
    ) throws(NotPlain) -> Int {
        let words = start.offset + 1..<position
        position += 1
        let index = try append(.scalar(style), start)
        if !isVerbatim { records.reads { [bytes] text in decode(bytes[words], &text) } }
        return index
    }

    private static func escaped(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0D
        default: nil
        }
    }

    // MARK: Collections in flow style

    /// A collection between brackets, if one begins here.
    mutating func flow() throws(NotPlain) -> Bool {
        switch byte(position) {
        case UInt8(ascii: "{"): try flow(.mapping, closedBy: UInt8(ascii: "}"))
        case UInt8(ascii: "["): try flow(.sequence, closedBy: UInt8(ascii: "]"))
        default: return false
        }
        return true
    }

    private mutating func flow(_ kind: SourceTree.Record.Kind, closedBy close: UInt8) throws(NotPlain) {
        try descend()
        let collection = try append(kind, mark())
        let isMapping = close == UInt8(ascii: "}")
        var count = 0
        var names: Set<ArraySlice<UInt8>> = []
        position += 1
        try skipFlowSpace()
        if byte(position) != close {
            while true {
                if isMapping {
                    let key = records.count
                    let isQuoted = byte(position) == UInt8(ascii: "\"") || byte(position) == UInt8(ascii: "'")
                    try flowScalar()
                    guard passesColon(isFlow: isQuoted), isKey(key),
                        records.isNew(key, of: collection, count, &names)
                    else { throw NotPlain() }
                    count += 1
                    try skipFlowSpace()
                }
                if try !flow() { try flowScalar() }
                try skipFlowSpace()
                if byte(position) == close { break }
                guard byte(position) == UInt8(ascii: ",") else { throw NotPlain() }
                position += 1
                try skipFlowSpace()
            }
        }
        position += 1
        records.close(collection, last: nil, end: position)
        ascend()
    }

    private mutating func skipFlowSpace() throws(NotPlain) {
        while true {
            while byte(position) == 0x20 { position += 1 }
            guard byte(position) == 0x0A else { break }
            try breakLine()
        }
        // A document may end here, or a directive stand.
        if position == lineStart, [UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte(position)) { throw NotPlain() }
    }

    private mutating func flowScalar() throws(NotPlain) {
        if byte(position) == UInt8(ascii: "\"") {
            _ = try doubleQuoted()
        } else if byte(position) == UInt8(ascii: "'") {
            _ = try singleQuoted()
        } else {
            guard beginsPlain else { throw NotPlain() }
            let start = try mark()
            var place = position
            while true {
                let next = byte(place)
                if Self.isFlowWord(next) || next == UInt8(ascii: ":") && Self.isFlowWord(byte(place + 1)) {
                    place += 1
                    position = place
                } else if next == 0x20 {
                    place += 1
                } else {
                    break
                }
            }
            // A dash alone is none.
            guard position > start.offset, position - start.offset > 1 || bytes[start.offset] != UInt8(ascii: "-")
            else {
                throw NotPlain()
            }
            try append(.scalar(.plain), start)
        }
    }

    /// What cannot be mistaken in a plain scalar between brackets.
    private static func isFlowWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "$"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "~"), UInt8(ascii: "<"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}
