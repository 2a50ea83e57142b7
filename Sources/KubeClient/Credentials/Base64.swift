internal import FoundationEssentials

/// Base 64 with padding (RFC 4648 §4).
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// `nil` for anything else. White space between the digits does not count.
    static func decode(_ text: String) -> [UInt8]? {
        Data(base64Encoded: String(text.filter { !$0.isWhitespace })).map { Array($0) }
    }
}
