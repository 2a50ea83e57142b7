/// Finds where a JSON value ends, going on from piece to piece, without looking at what it says.
struct JSONValueScanner {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The value is a number or a word, which only ends where something else begins.
    private(set) var isWord = false
    private(set) var isComplete = false

    /// Looks at `range`, which starts where the last call ended (the first at the value's first byte), and returns
    /// where it stopped: behind the value if it `isComplete`, else at the range's end.
    mutating func scan(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes[offset]
            if isInString {
                offset += 1
                pass(inString: byte)
                if isComplete { return offset }
                continue
            }
            if isWord || depth == 0 && Self.isWord(byte) {
                guard Self.isWord(byte) else {
                    isComplete = true
                    return offset
                }
                isWord = true
                offset += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                // A closing brace that nothing opened ends whatever this was.
                isComplete = depth <= 0
                if depth < 0 { return offset }
            default: isComplete = depth == 0
            }
            offset += 1
            if isComplete { return offset }
        }
        return offset
    }

    private mutating func pass(inString byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInString = false
            isComplete = depth == 0
        }
    }

    /// Whether `byte` can be part of a number, `true`, `false` or `null`.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
