public import Basics

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
public struct JSONCursor: Sendable {
    private(set) var offset: Int
    private let end: Int
    /// Just within an opening brace or bracket: no comma comes first.
    private var isFresh = false

    public init(_ bytes: Span<UInt8>) { self.init(0..<bytes.count) }

    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// Enters an object; `false` for `null`.
    public mutating func beginObject(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        try begin(UInt8(ascii: "{"), "an object", in: bytes)
    }

    /// Enters an array; `false` for `null`.
    public mutating func beginArray(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        try begin(UInt8(ascii: "["), "an array", in: bytes)
    }

    /// The next member's name, `nil` behind the object's end.
    public mutating func key(in bytes: Span<UInt8>) throws(WireError) -> String? {
        guard try !closes(with: UInt8(ascii: "}"), in: bytes) else { return nil }
        let key = try string(in: bytes)
        guard peek(bytes) == UInt8(ascii: ":") else { throw WireError("no colon behind a name", at: offset) }
        offset += 1
        return key
    }

    /// Whether another element follows; `false` behind the array's end.
    public mutating func element(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        try !closes(with: UInt8(ascii: "]"), in: bytes)
    }

    /// A text; empty for `null`.
    public mutating func text(in bytes: Span<UInt8>) throws(WireError) -> String {
        if peek(bytes) == UInt8(ascii: "\"") { return try string(in: bytes) }
        guard try literal(in: bytes) == "null" else { throw WireError("not a text", at: offset) }
        return ""
    }

    /// A whole number, 0 for `null`; beyond 64 bits, the last that they hold.
    public mutating func integer(in bytes: Span<UInt8>) throws(WireError) -> Int64 {
        let literal = try literal(in: bytes)
        guard let value = literal == "null" ? 0 : Self.integer(literal) else {
            throw WireError("not a whole number", at: offset)
        }
        return value
    }

    /// A whole number in digits; beyond 64 bits, the last that they hold.
    package static func integer(_ text: String) -> Int64? {
        if let value = Int64(text) { return value }
        let isNegative = text.hasPrefix("-")
        let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return isNegative ? .min : .max
    }

    public mutating func flag(in bytes: Span<UInt8>) throws(WireError) -> Bool {
        switch try literal(in: bytes) {
        case "true": return true
        case "false", "null": return false
        default: throw WireError("neither true nor false", at: offset)
        }
    }

    /// The elements of a list, each as `read` has it; none where there is a null.
    mutating func elements<Element>(
        in bytes: Span<UInt8>, _ read: (Span<UInt8>, inout JSONCursor) throws(WireError) -> Element
    ) throws(WireError) -> [Element] {
        var elements: [Element] = []
        guard try beginArray(in: bytes) else { return elements }
        while try element(in: bytes) { elements.append(try read(bytes, &self)) }
        return elements
    }

    /// Passes over a value of any kind, however deep, and says where it stands.
    @discardableResult
    public mutating func skip(in bytes: Span<UInt8>) throws(WireError) -> Range<Int> {
        guard let first = peek(bytes) else { throw WireError("the text ends early", at: offset) }
        var scanner = JSONValueScanner()
        let start = offset
        offset = scanner.scan(bytes, offset..<end)
        // A number or word has no end of its own: it may end with the text.
        guard scanner.isComplete || scanner.isWord else { throw WireError("a value is cut off", at: offset) }
        guard offset > start, first != UInt8(ascii: ","), first != UInt8(ascii: ":") else {
            throw WireError("no value", at: start)
        }
        isFresh = false
        return start..<offset
    }

    private mutating func begin(_ brace: UInt8, _ what: String, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        guard peek(bytes) == brace else {
            guard try literal(in: bytes) == "null" else { throw WireError("not \(what)", at: offset) }
            return false
        }
        offset += 1
        isFresh = true
        return true
    }

    private mutating func closes(with brace: UInt8, in bytes: Span<UInt8>) throws(WireError) -> Bool {
        switch peek(bytes) {
        case brace:
            offset += 1
            isFresh = false
            return true
        case UInt8(ascii: ",") where !isFresh: offset += 1
        case .some where isFresh: isFresh = false
        case .some: throw WireError("no comma between values", at: offset)
        case nil: throw WireError("the text ends early", at: offset)
        }
        return false
    }

    private mutating func string(in bytes: Span<UInt8>) throws(WireError) -> String {
        guard peek(bytes) == UInt8(ascii: "\"") else { throw WireError("no opening quote", at: offset) }
        offset += 1
        let start = offset
        var isEscaped = false
        while offset < end {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let range = start..<offset
                offset += 1
                isFresh = false
                return isEscaped ? try JSONEscapes.decode(bytes, range) : String(copying: bytes, range)
            case UInt8(ascii: "\\"):
                isEscaped = true
                offset += 2
            default: offset += 1
            }
        }
        throw WireError("a text is cut off", at: start)
    }

    /// A number, `true`, `false` or `null`, as it stands.
    private mutating func literal(in bytes: Span<UInt8>) throws(WireError) -> String {
        guard let first = peek(bytes), JSONValueScanner.isWord(first) else { throw WireError("no value", at: offset) }
        return String(copying: bytes, try skip(in: bytes))
    }

    /// The next byte that is not space.
    private mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
        while offset < end {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset += 1
        }
        return nil
    }
}
