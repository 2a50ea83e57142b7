/// A pattern over `/`-separated names.
///
/// | pattern | matches |
/// | --- | --- |
/// | `*` | any run of characters within one segment, also none |
/// | `?` | one character within a segment |
/// | `[a-z0]`, `[!a-z]` | one character of (not of) the set |
/// | `**` as a whole segment | any number of segments, also none |
/// | `{a,b}` | either; may be nested and may contain `/` |
/// | `\c` | the character `c` itself |
///
/// The whole name must match, in time bounded by pattern length × name length for each alternative.
package struct Glob: Sendable, Equatable {
    /// What `{…}` may unfold to at most.
    static let alternativesAllowed = 1024

    enum Token: Equatable, Sendable {
        case character(Unicode.Scalar)
        case any
        case run
        case oneOf([ClosedRange<UInt32>], negated: Bool)
    }

    enum Segment: Equatable, Sendable {
        case tokens([Token])
        case folders
    }

    private let alternatives: [[Segment]]
    /// Whatever a name that matches must begin with: what a store is asked to list.
    package let fixedPrefix: String

    /// Throws `.configuration` for an open `{` or `[`, or a pattern that unfolds to too many.
    package init(_ pattern: String) throws(TransferError) {
        let unfolded = try GlobParser.unfold(Array(pattern.unicodeScalars), of: pattern)
        alternatives = try unfolded.map { (scalars) throws(TransferError) in
            try GlobParser.segments(scalars, of: pattern)
        }
        fixedPrefix = Self.commonPrefix(alternatives.map(Self.literalPrefix))
    }

    /// Whether `text` has a wildcard in it that is not escaped.
    package static func isPattern(_ text: String) -> Bool {
        var escaped = false
        for scalar in text.unicodeScalars {
            if escaped {
                escaped = false
            } else if scalar == "\\" {
                escaped = true
            } else if "*?[{".unicodeScalars.contains(scalar) {
                return true
            }
        }
        return false
    }

    /// A plain name as it is meant, its escapes taken away.
    package static func unescape(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        var result = String.UnicodeScalarView()
        var escaped = false
        for scalar in text.unicodeScalars {
            if scalar == "\\", !escaped {
                escaped = true
            } else {
                result.append(scalar)
                escaped = false
            }
        }
        return String(result)
    }

    /// The folder part of `fixedPrefix`, with its `/`: what matching names are taken relative to.
    package var fixedFolder: String {
        guard let slash = fixedPrefix.lastIndex(of: "/") else { return "" }
        return String(fixedPrefix[...slash])
    }

    package func matches(_ name: String) -> Bool {
        let segments = name.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
        return alternatives.contains { pattern in
            Self.match(pattern, segments, isRun: { $0 == .folders }) { segment, scalars in
                guard case .tokens(let tokens) = segment else { return false }
                return Self.match(tokens, scalars, isRun: { $0 == .run }, one: Self.matches)
            }
        }
    }

    private static func matches(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
        switch token {
        case .character(let character): character == scalar
        case .any: true
        case .run: false
        case .oneOf(let ranges, let negated): ranges.contains { $0.contains(scalar.value) } != negated
        }
    }

    /// Wildcard matching without recursion: on a mismatch the last run takes in one more element.
    private static func match<Pattern, Element>(
        _ pattern: [Pattern], _ text: [Element], isRun: (Pattern) -> Bool, one: (Pattern, Element) -> Bool
    ) -> Bool {
        var (p, t) = (0, 0)
        var resume: (pattern: Int, text: Int)?
        while t < text.count {
            if p < pattern.count, isRun(pattern[p]) {
                resume = (p + 1, t)
                p += 1
            } else if p < pattern.count, one(pattern[p], text[t]) {
                p += 1
                t += 1
            } else if let last = resume {
                resume = (last.pattern, last.text + 1)
                (p, t) = (last.pattern, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy(isRun)
    }

    private static func literalPrefix(_ segments: [Segment]) -> String {
        var prefix = String.UnicodeScalarView()
        for (index, segment) in segments.enumerated() {
            guard case .tokens(let tokens) = segment else { break }
            for token in tokens {
                guard case .character(let scalar) = token else { return String(prefix) }
                prefix.append(scalar)
            }
            if index < segments.count - 1 { prefix.append("/") }
        }
        return String(prefix)
    }

    private static func commonPrefix(_ texts: [String]) -> String {
        guard let first = texts.first else { return "" }
        var common = Substring(first).unicodeScalars
        for text in texts.dropFirst() {
            let shared = zip(common, text.unicodeScalars).prefix { $0 == $1 }.count
            common = common.prefix(shared)
        }
        return String(common)
    }
}
