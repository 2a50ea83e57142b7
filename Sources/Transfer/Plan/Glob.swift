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
    let fixedPrefix: String

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
        GlobParser.firstUnescaped("*?[{", in: Array(text.unicodeScalars)) != nil
    }

    /// The pattern that matches `name` alone.
    static func escape(_ name: String) -> String {
        var pattern = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            if "*?[{\\".unicodeScalars.contains(scalar) { pattern.append("\\") }
            pattern.append(scalar)
        }
        return String(pattern)
    }

    /// A plain name as it is meant, its escapes taken away.
    static func unescape(_ text: String) -> String {
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
    var fixedFolder: String {
        fixedPrefix.throughLastSlash ?? ""
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

    /// Whether something below the folder of this name may match; else nobody need look into it.
    func reaches(into folder: String) -> Bool {
        let segments = folder.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)
        return alternatives.contains { pattern in
            for (index, segment) in segments.enumerated() where index < pattern.count {
                guard case .tokens(let tokens) = pattern[index] else { return true }
                guard Self.match(tokens, segment, isRun: { $0 == .run }, one: Self.matches) else { return false }
            }
            return segments.count < pattern.count
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

/// Reads the text of a `Glob`.
enum GlobParser {
    typealias Scalars = [Unicode.Scalar]

    /// Every text that the `{…}` of a pattern stand for, escapes left in.
    static func unfold(_ text: Scalars, of pattern: String) throws(TransferError) -> [Scalars] {
        guard let open = firstUnescaped("{", in: text) else { return [text] }
        var depth = 0
        var starts = [open + 1]
        var close: Int?
        var index = open
        while index < text.count {
            switch text[index] {
            case "\\": index += 1
            case "{": depth += 1
            case ",": if depth == 1 { starts.append(index + 1) }
            case "}":
                depth -= 1
                if depth == 0 { close = index }
            default: break
            }
            if close != nil { break }
            index += 1
        }
        guard let close else { throw malformed(pattern, "a '{' is never closed") }
        var ends = starts.dropFirst().map { $0 - 1 }
        ends.append(close)
        var unfolded: [Scalars] = []
        for (start, end) in zip(starts, ends) {
            let alternative: Scalars = Array(text[..<open]) + Array(text[start..<end]) + Array(text[(close + 1)...])
            unfolded += try unfold(alternative, of: pattern)
            guard unfolded.count <= Glob.alternativesAllowed else {
                throw malformed(pattern, "it stands for more than \(Glob.alternativesAllowed) patterns")
            }
        }
        return unfolded
    }

    static func segments(_ text: Scalars, of pattern: String) throws(TransferError) -> [Glob.Segment] {
        var segments: [Glob.Segment] = []
        var tokens: [Glob.Token] = []
        var index = 0
        func endSegment() {
            segments.append(tokens == [.run, .run] ? .folders : .tokens(tokens))
            tokens = []
        }
        while index < text.count {
            let scalar = text[index]
            index += 1
            switch scalar {
            case "/": endSegment()
            case "*": tokens.append(.run)
            case "?": tokens.append(.any)
            case "[": tokens.append(try set(text, &index, of: pattern))
            case "\\" where index < text.count:
                tokens.append(.character(text[index]))
                index += 1
            default: tokens.append(.character(scalar))
            }
        }
        endSegment()
        return segments
    }

    /// What follows a `[`, up to and with its `]`; a `]` that comes first stands for itself.
    private static func set(_ text: Scalars, _ index: inout Int, of pattern: String) throws(TransferError)
        -> Glob.Token
    {
        var ranges: [ClosedRange<UInt32>] = []
        let negated = index < text.count && (text[index] == "!" || text[index] == "^")
        if negated { index += 1 }
        let first = index
        while index < text.count, text[index] != "]" || index == first {
            if text[index] == "\\", index + 1 < text.count { index += 1 }
            let low = text[index]
            index += 1
            if index + 1 < text.count, text[index] == "-", text[index + 1] != "]" {
                let high = text[index + 1]
                index += 2
                guard low <= high else { throw malformed(pattern, "the range '\(low)-\(high)' is the wrong way round") }
                ranges.append(low.value...high.value)
            } else {
                ranges.append(low.value...low.value)
            }
        }
        guard index < text.count else { throw malformed(pattern, "a '[' is never closed") }
        index += 1
        return .oneOf(ranges, negated: negated)
    }

    /// Where the first of the `marks` stands that is not escaped.
    static func firstUnescaped(_ marks: String, in text: Scalars) -> Int? {
        var index = 0
        while index < text.count {
            if text[index] == "\\" { index += 1 } else if marks.unicodeScalars.contains(text[index]) { return index }
            index += 1
        }
        return nil
    }

    fileprivate static func malformed(_ pattern: String, _ why: String) -> TransferError {
        TransferError(
            pattern, .configuration, "the pattern cannot be read: \(why)",
            hint: "a backslash before a character takes its special meaning away")
    }
}

/// Which of many names are meant: those that a pattern of `include` matches (all, where there is none) and no pattern of
/// `exclude`. Names are taken relative to the fixed part of a source; a pattern without a `/` matches the last segment, one
/// that ends in `/` what is in a folder, and a `/` or `./` at the beginning stands for the fixed part, as in `.gitignore`.
package struct NameFilter: Sendable, Equatable {
    private let include: [Glob]
    private let exclude: [Glob]

    /// Throws `.configuration` for a pattern that cannot be read.
    package init(include: [String] = [], exclude: [String] = []) throws(TransferError) {
        self.include = try include.map { (pattern) throws(TransferError) in try Self.glob(pattern) }
        self.exclude = try exclude.map { (pattern) throws(TransferError) in try Self.glob(pattern) }
    }

    func admits(_ name: String) -> Bool {
        (include.isEmpty || include.contains { $0.matches(name) }) && !exclude.contains { $0.matches(name) }
    }

    private static func glob(_ pattern: String) throws(TransferError) -> Glob {
        guard pattern.utf8.contains(slash) else { return try Glob("**/" + pattern) }
        var segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
        while let first = segments.first, first.isEmpty || first == "." { segments.removeFirst() }
        guard !segments.isEmpty else { throw GlobParser.malformed(pattern, "it names nothing") }
        guard !segments.contains("..") else {
            throw GlobParser.malformed(pattern, "no name has '..' in it; all are relative to the source's fixed part")
        }
        if segments.last == "" { segments[(segments.count - 1)...] = ["**", "*"] }
        return try Glob(segments.joined(separator: "/"))
    }

    /// What is wrong with a pattern in a configuration; `nil` for nothing.
    package static func problem(of pattern: String) -> String? {
        do throws(TransferError) {
            _ = try glob(pattern)
            return nil
        } catch {
            return error.message
        }
    }
}
