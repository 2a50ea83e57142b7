/// The parts of an absolute `http` or `https` URL that decide where a request goes. Path and query stay byte for byte.
struct RequestTarget: Sendable, Equatable {
    /// `http` or `https`.
    var scheme: String
    /// `user:password`, still percent-encoded.
    var userInfo: String?
    /// Name or address; an IPv6 address keeps its brackets.
    var host: String
    var port: Int
    /// As it was written: the scheme's own port may be left out.
    var authority: String
    /// From the path on, fragment included.
    var rest: String

    init?(_ url: String) {
        let bytes = url.utf8
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }), let separator = url.firstRange(of: "://") else {
            return nil
        }
        scheme = url[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        let afterScheme = url[separator.upperBound...]
        let end = afterScheme.utf8.firstIndex {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
        }
        var authority = afterScheme[..<(end ?? afterScheme.endIndex)]
        rest = String(afterScheme[(end ?? afterScheme.endIndex)...])
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            userInfo = String(authority[..<at])
            authority = authority[authority.utf8.index(after: at)...]
        }
        self.authority = String(authority)

        var name = authority
        port = scheme == "https" ? 443 : 80
        let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":"))
        if let colon, !authority[colon...].utf8.contains(UInt8(ascii: "]")) {
            let digits = authority[authority.utf8.index(after: colon)...]
            guard let number = UInt16(digits), number > 0 else { return nil }
            port = Int(number)
            name = authority[..<colon]
        }
        guard !name.isEmpty else { return nil }
        host = name.lowercased()
    }

    /// What requests must have in common to share connections.
    var origin: String { "\(scheme)://\(host):\(port)" }

    /// Without user info, query and fragment: fit for errors and logs.
    var redacted: String {
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
        return "\(scheme)://\(authority)\(rest[..<end])"
    }
}

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
