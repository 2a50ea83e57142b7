/// Bytes of the protocol's files, which are read as ASCII: no Unicode tables are needed to tell keys and numbers.
package enum ASCII {
    package static let newline: UInt8 = 0x0A
    package static let carriageReturn: UInt8 = 0x0D
    package static let space: UInt8 = 0x20
    package static let equals: UInt8 = 0x3D

    package static func isBreak(_ byte: UInt8) -> Bool {
        byte == newline || byte == carriageReturn
    }

    package static func isSpace(_ byte: UInt8) -> Bool {
        byte == space || (0x09...0x0D).contains(byte)
    }
}

extension FixedWidthInteger {
    /// A decimal number and nothing else; nil for an empty, foreign or overflowing text.
    package init?(ascii bytes: some Collection<UInt8>) {
        var value: Self = 0
        let negative = Self.isSigned && bytes.first == UInt8(ascii: "-")
        let digits = negative ? bytes.dropFirst() : bytes.dropFirst(0)
        guard !digits.isEmpty else { return nil }
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let digit = Self(byte - UInt8(ascii: "0"))
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) =
                negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        self = value
    }
}

extension String {
    /// Equality byte by byte: what names in files mean by it, and without the tables of Unicode's canonical equality.
    package func isIdentical(to other: some Sequence<UInt8>) -> Bool {
        utf8.elementsEqual(other)
    }
}

extension String {
    /// Whether `words` stand in here, compared byte by byte: what is looked for is ASCII.
    package func mentions(_ words: String) -> Bool {
        guard words.utf8.count <= utf8.count else { return false }
        var (text, words) = (self, words)
        return text.withUTF8 { text in
            words.withUTF8 { sought in
                guard let first = sought.first else { return true }
                return (0...text.count - sought.count).contains { start in
                    text[start] == first && (1..<sought.count).allSatisfy { text[start + $0] == sought[$0] }
                }
            }
        }
    }
}
