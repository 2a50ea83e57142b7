/// Reads the text of a `Glob`.
enum GlobParser {
    typealias Scalars = [Unicode.Scalar]

    /// Every text that the `{…}` of a pattern stand for, escapes left in.
    static func unfold(_ text: Scalars, of pattern: String) throws(TransferError) -> [Scalars] {
        guard let open = firstUnescaped("{", in: text, from: 0) else { return [text] }
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

    private static func firstUnescaped(_ wanted: Unicode.Scalar, in text: Scalars, from start: Int) -> Int? {
        var index = start
        while index < text.count {
            if text[index] == "\\" { index += 1 } else if text[index] == wanted { return index }
            index += 1
        }
        return nil
    }

    private static func malformed(_ pattern: String, _ why: String) -> TransferError {
        TransferError(
            object: pattern, reason: .configuration, message: "the pattern cannot be read: \(why)",
            hint: "a backslash before a character takes its special meaning away")
    }
}
