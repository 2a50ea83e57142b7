import Basics
import YAMLTree

/// How a text may be written in YAML.
enum PlainText {
    /// What readers of YAML 1.1 or 1.2 take for something else than a text.
    private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

    /// Whether a reader takes the bare characters for this text; cautious.
    static func isSafe(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 200, isLetter(first) || first == UInt8(ascii: "/"),
            bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), bytes.last != 0x20, bytes.last != UInt8(ascii: ":"),
            !words.contains(text.lowercased())
        else { return false }
        return !zip(bytes, bytes.dropFirst()).contains { pair in
            pair == (UInt8(ascii: ":"), 0x20) || pair == (0x20, UInt8(ascii: "#"))
        }
    }

    /// Whether to write it as a literal block: whole lines that need no escape.
    static func isBlock(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.contains(0x0A) && bytes.first != 0x20 && bytes.first != 0x0A && !text.hasSuffix("\n\n")
            && bytes.allSatisfy { $0 == 0x0A || $0 >= 0x20 && $0 != 0x7F }
            && !zip(bytes, bytes.dropFirst()).contains { $0 == (0x20, 0x0A) }
    }

    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        text.appendAsJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func json(_ text: String) -> JSONValue {
        switch text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case _ where YAMLScalar(text).isNull: return .null
        default:
            // As YAML's readers do; a number too long for either stays the text it is.
            if let integer = Int64(text), String(integer) == text { return .integer(integer) }
            guard let number = Double(text), number.isFinite,
                text.utf8.allSatisfy({ !isLetter($0) || $0 | 0x20 == 0x65 })
            else { return .string(text) }
            return .number(number)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
