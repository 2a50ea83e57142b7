/// A JSON text to be written. Members keep their order, so that what is generated can be compared byte for byte.
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Written with as many digits as needed to read the same value back; not a number and infinite become `null`.
    case number(Double)
    /// A number as somebody wrote it, in JSON's own syntax; other words make no JSON.
    case numeral(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    public struct Member: Sendable, Equatable {
        public var name: String
        public var value: JSONValue

        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// One line without spaces.
    public var text: String {
        var bytes: [UInt8] = []
        append(to: &bytes, indent: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Indented by two spaces, ending in a line feed.
    public var prettyText: String {
        var bytes: [UInt8] = []
        append(to: &bytes, indent: 0)
        bytes.append(UInt8(ascii: "\n"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Members whose value is `nil` are left out.
    public static func object(present members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { member in member.value.map { Member(member.key, $0) } })
    }

    private func append(to bytes: inout [UInt8], indent: Int?) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
        case .numeral(let text): bytes += text.utf8
        case .string(let value): value.appendAsJSON(to: &bytes)
        case .array(let elements):
            Self.append(elements, between: ("[", "]"), to: &bytes, indent: indent) { element, bytes, indent in
                element.append(to: &bytes, indent: indent)
            }
        case .object(let members):
            Self.append(members, between: ("{", "}"), to: &bytes, indent: indent) { member, bytes, indent in
                member.name.appendAsJSON(to: &bytes)
                bytes += (indent == nil ? ":" : ": ").utf8
                member.value.append(to: &bytes, indent: indent)
            }
        }
    }

    private static func append<Element>(
        _ elements: [Element], between brackets: (String, String), to bytes: inout [UInt8], indent: Int?,
        _ appendElement: (Element, inout [UInt8], Int?) -> Void
    ) {
        let inner = indent.map { $0 + 2 }
        bytes += brackets.0.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let inner { bytes += ("\n" + String(repeating: " ", count: inner)).utf8 }
            appendElement(element, &bytes, inner)
        }
        if let indent, !elements.isEmpty { bytes += ("\n" + String(repeating: " ", count: indent)).utf8 }
        bytes += brackets.1.utf8
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension String {
    /// Appends this text in quotes, escaped as RFC 8259 §7 demands and no further.
    public func appendAsJSON(to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case ..<0x20: bytes += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONValue {
    /// Reads one document and nothing behind it; numbers keep their text.
    package init(_ bytes: [UInt8], depthLimit: Int = JSONCoding.depthLimit) throws(WireError) {
        let bytes = bytes.span
        var cursor = JSONCursor(bytes)
        self = try Self.read(bytes, &cursor, depthLimit)
        guard cursor.peek(bytes) == nil else { throw WireError("more behind the document", at: cursor.offset) }
    }

    private static func read(_ bytes: Span<UInt8>, _ cursor: inout JSONCursor, _ depth: Int) throws(WireError) -> Self {
        guard depth > 0 else { throw WireError("nested too deep", at: cursor.offset) }
        switch cursor.peek(bytes) {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            _ = try cursor.beginObject(in: bytes)
            while let name = try cursor.key(in: bytes) {
                members.append(.init(name, try read(bytes, &cursor, depth - 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            return .array(
                try cursor.elements(in: bytes) { bytes, cursor throws(WireError) in try read(bytes, &cursor, depth - 1)
                })
        case UInt8(ascii: "\""): return .string(try cursor.text(in: bytes))
        default:
            let word = try cursor.literal(in: bytes)
            switch word {
            case "null": return .null
            case "true", "false": return .bool(word == "true")
            default:
                guard isNumeral(word) else { throw WireError("no value", at: cursor.offset - word.utf8.count) }
                return .numeral(word)
            }
        }
    }

    /// RFC 8259 §6, in short: begins with a digit, or a minus and a digit, and is a number to Swift as well.
    private static func isNumeral(_ word: String) -> Bool {
        let digits = word.utf8.drop { $0 == UInt8(ascii: "-") }
        return word.utf8.count - digits.count < 2 && digits.first.map { (0x30...0x39).contains($0) } == true
            && Double(word) != nil
    }
}
