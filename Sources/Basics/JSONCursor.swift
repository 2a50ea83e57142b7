/// Walks a JSON document within `bytes` and builds only what is asked for.
///
///     guard try cursor.beginObject(in: bytes) else { return }
///     while let key = try cursor.key(in: bytes) {
///         switch key {
///         case "name": name = try cursor.text(in: bytes)
///         default: try cursor.skip(in: bytes)
///         }
///     }
///
/// After a key its value must be read or skipped. What is skipped is checked only for where it ends.
@frozen public struct JSONCursor: Sendable {
    @usableFromInline var position: Int
    /// What comes next.
    @inlinable public var offset: Int { position }
    @usableFromInline let end: Int
    /// Just within an opening brace or bracket: no comma comes first.
    @usableFromInline var isFresh = false

    @inlinable public init(_ bytes: Span<UInt8>) { self.init(0..<bytes.count) }

    @inlinable public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// Enters an object; `false` for `null`.
    @inlinable public mutating func beginObject(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        try begin(UInt8(ascii: "{"), "an object", in: bytes)
    }

    /// Enters an array; `false` for `null`.
    @inlinable public mutating func beginArray(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        try begin(UInt8(ascii: "["), "an array", in: bytes)
    }

    /// The next member's name, `nil` behind the object's end.
    @inlinable public mutating func key(in bytes: Span<UInt8>) throws(WireError) -> String? {
        guard try !closes(with: UInt8(ascii: "}"), in: bytes) else { return nil }
        let key = try string(in: bytes)
        guard peek(bytes) == UInt8(ascii: ":") else { throw WireError("no colon behind a name", at: offset) }
        position += 1
        return key
    }

    /// Whether another element follows; `false` behind the array's end.
    @inlinable public mutating func element(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        try !closes(with: UInt8(ascii: "]"), in: bytes)
    }

    /// A text; empty for `null`.
    @inlinable public mutating func text(in bytes: Span<UInt8>) throws(WireError) -> String {
        if peek(bytes) == UInt8(ascii: "\"") { return try string(in: bytes) }
        guard try literal(in: bytes) == "null" else { throw WireError("not a text", at: offset) }
        return ""
    }

    /// A whole number, 0 for `null`; beyond 64 bits, the last that they hold.
    @inlinable public mutating func integer(in bytes: Span<UInt8>) throws(WireError) -> Int64 {
        let literal = try literal(in: bytes)
        guard let value = literal == "null" ? 0 : Self.integer(literal) else {
            throw WireError("not a whole number", at: offset)
        }
        return value
    }

    /// A whole number in digits; beyond 64 bits, the last that they hold.
    @inlinable public static func integer(_ text: String) -> Int64? {
        if let value = Int64(text) { return value }
        let isNegative = text.hasPrefix("-")
        let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return isNegative ? .min : .max
    }

    @inlinable public mutating func flag(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        switch try literal(in: bytes) {
        case "true": return true
        case "false", "null": return false
        default: throw WireError("neither true nor false", at: offset)
        }
    }

    /// The elements of a list, each as `read` has it; none where there is a null.
    @inlinable public mutating func elements<Element>(
        in bytes: Span<UInt8>, _ read: (Span<UInt8>, inout JSONCursor) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        var elements: [Element] = []
        guard try beginArray(in: bytes) else { return elements }
        while try element(in: bytes) { elements.append(try read(bytes, &self)) }
        return elements
    }

    /// Passes over a value of any kind, however deep, and says where it stands.
    @discardableResult
    @inlinable public mutating func skip(in bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        guard let first = peek(bytes) else { throw WireError("the text ends early", at: offset) }
        var scanner = JSONValueScanner()
        let start = offset
        position = scanner.scan(bytes, offset..<end)
        // A number or word has no end of its own: it may end with the text.
        guard scanner.isComplete || scanner.isWord else { throw WireError("a value is cut off", at: offset) }
        guard offset > start, first != UInt8(ascii: ","), first != UInt8(ascii: ":") else {
            throw WireError("no value", at: start)
        }
        isFresh = false
        return start..<offset
    }

    @inlinable mutating func begin(_ brace: UInt8, _ what: String, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        guard peek(bytes) == brace else {
            guard try literal(in: bytes) == "null" else { throw WireError("not \(what)", at: offset) }
            return false
        }
        position += 1
        isFresh = true
        return true
    }

    @inlinable mutating func closes(with brace: UInt8, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        switch peek(bytes) {
        case brace:
            position += 1
            isFresh = false
            return true
        case UInt8(ascii: ",") where !isFresh: position += 1
        case .some where isFresh: isFresh = false
        case .some: throw WireError("no comma between values", at: offset)
        case nil: throw WireError("the text ends early", at: offset)
        }
        return false
    }

    @inlinable mutating func string(in bytes: Span<UInt8>) throws(WireError) -> String {
        guard peek(bytes) == UInt8(ascii: "\"") else { throw WireError("no opening quote", at: offset) }
        position += 1
        let start = offset
        var isEscaped = false
        while offset < end {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let range = start..<offset
                position += 1
                isFresh = false
                return isEscaped ? try JSONEscapes.decode(bytes, range) : String(copying: bytes, range)
            case UInt8(ascii: "\\"):
                isEscaped = true
                position += 2
            default: position += 1
            }
        }
        throw WireError("a text is cut off", at: start)
    }

    /// A number, `true`, `false` or `null`, as it stands.
    @inlinable mutating func literal(in bytes: Span<UInt8>) throws(WireError) -> String {
        guard let first = peek(bytes), JSONValueScanner.isWord(first) else { throw WireError("no value", at: offset) }
        return String(copying: bytes, try skip(in: bytes))
    }

    /// The next byte that is not space.
    @inlinable mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
        while offset < end {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }
}

/// Finds where a JSON value ends, going on from piece to piece, without looking at what it says.
@frozen public struct JSONValueScanner: Sendable {
    @usableFromInline var depth = 0
    @usableFromInline var isInString = false
    @usableFromInline var isEscaped = false
    /// The value is a number or a word, which only ends where something else begins.
    @usableFromInline var isWord = false
    @usableFromInline var complete = false

    @inlinable public init() {}

    @inlinable public var isComplete: Bool { complete }

    /// Looks at `range`, which starts where the last call ended (the first at the value's first byte), and returns
    /// where it stopped: behind the value if it `isComplete`, else at the range's end.
    @inlinable public mutating func scan(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes[offset]
            if isInString {
                offset += 1
                pass(inString: byte)
                if isComplete { return offset }
                continue
            }
            if isWord || depth == 0 && Self.isWord(byte) {
                guard Self.isWord(byte) else {
                    complete = true
                    return offset
                }
                isWord = true
                offset += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                // A closing brace that nothing opened ends whatever this was.
                complete = depth <= 0
                if depth < 0 { return offset }
            default: complete = depth == 0
            }
            offset += 1
            if isComplete { return offset }
        }
        return offset
    }

    @inlinable mutating func pass(inString byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            complete = depth == 0
        }
    }

    /// Whether `byte` can be part of a number, `true`, `false` or `null`.
    @inlinable static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// Texts of JSON that contain escapes.
@usableFromInline enum JSONEscapes {
    /// What stands between the quotes at `range`. Half a surrogate pair becomes U+FFFD, as in Go's `encoding/json`.
    @usableFromInline static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes[offset]
            offset += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard offset < range.upperBound else { throw WireError("half an escape", at: offset) }
            let letter = bytes[offset]
            offset += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                var units = [try unit(bytes, &offset, range.upperBound)]
                if UTF16.isLeadSurrogate(units[0]), offset + 1 < range.upperBound,
                    bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
                {
                    offset += 2
                    units.append(try unit(bytes, &offset, range.upperBound))
                }
                text += Array(String(decoding: units, as: UTF16.self).utf8)
            default: throw WireError("no such escape", at: offset)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unit(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) throws(WireError) -> UInt16 {
        guard end - offset >= 4 else { throw WireError("half an escape", at: offset) }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[offset])).hexDigitValue else {
                throw WireError("not a hexadecimal digit", at: offset)
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
