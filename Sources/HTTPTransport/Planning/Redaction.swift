/// Takes credentials out of texts that come from elsewhere.
package enum Redaction {
    /// Anything shorter hides nothing and would mutilate the text.
    private static let shortestSecret = 4

    /// One line of at most 300 characters: the secrets replaced, every URL's user info and query gone.
    static func scrub(_ text: String, secrets: [String] = []) -> String {
        var text = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        for secret in secrets where secret.utf8.count >= shortestSecret { text = text.replacing(secret, with: "…") }
        let words = text.split(separator: " ").map { word in
            word.contains("://") ? redactURL(word) : String(word)
        }
        return String(words.joined(separator: " ").prefix(300))
    }

    /// Works on what need not be a valid URL.
    package static func redactURL(_ url: some StringProtocol) -> String {
        let url = String(url)
        if let target = RequestTarget(url) { return target.redacted }
        let bare = url.prefix { $0 != "?" && $0 != "#" }
        guard let separator = bare.firstRange(of: "://") else { return String(bare) }
        let rest = bare[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return String(bare) }
        return String(bare[..<separator.upperBound] + rest[rest.index(after: at)...])
    }
}
