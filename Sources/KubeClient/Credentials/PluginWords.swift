/// What a plugin wrote to its error output, fit for a message: short, on a terminal harmless, without secrets as far as
/// they can be told.
enum PluginWords {
    /// The end counts: programs say last what stopped them.
    private static let limit = 600
    private static let shortestSecret = 6

    static func excerpt(_ bytes: [UInt8], hiding secrets: [String]) -> String {
        var text = plain(String(decoding: bytes, as: UTF8.self))
        for secret in secrets where secret.utf8.count >= shortestSecret { text = text.replacing(secret, with: "…") }
        let words = text.split(whereSeparator: \.isWhitespace).map { isToken($0) ? "…" : String($0) }
        return String(words.joined(separator: " ").suffix(limit))
    }

    /// Without control characters other than line feeds and tabs, so that nothing moves a terminal's cursor.
    static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter {
                    $0 == "\n" || $0 == "\t" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
                }))
    }

    /// A JSON web token, or a long run of digits and letters as keys and tokens are.
    private static func isToken(_ word: Substring) -> Bool {
        let core = word.utf8.drop { !isTokenByte($0) }.prefix(while: isTokenByte)
        guard core.count >= 24 else { return false }
        if core.starts(with: "eyJ".utf8) { return true }
        let digits = core.count { (0x30...0x39).contains($0) }
        return core.count >= 32 && digits >= 4 && !core.contains(UInt8(ascii: "/"))
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_.+/=~".utf8.contains(byte)
        }
    }
}
