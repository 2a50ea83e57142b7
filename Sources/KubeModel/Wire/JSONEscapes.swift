internal import Basics

/// Texts of JSON that contain escapes.
enum JSONEscapes {
    /// What stands between the quotes at `range`. Half a surrogate pair becomes U+FFFD, as in Go's `encoding/json`.
    static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes[offset]
            offset += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard offset < range.upperBound else { throw WireError("half an escape", at: offset) }
            let letter = bytes[offset]
            offset += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                var units = [try unit(bytes, &offset, range.upperBound)]
                if UTF16.isLeadSurrogate(units[0]), offset + 1 < range.upperBound,
                    bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u")
                {
                    offset += 2
                    units.append(try unit(bytes, &offset, range.upperBound))
                }
                text += Array(String(decoding: units, as: UTF16.self).utf8)
            default: throw WireError("no such escape", at: offset)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func unit(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) throws(WireError) -> UInt16 {
        guard end - offset >= 4 else { throw WireError("half an escape", at: offset) }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(UnicodeScalar(bytes[offset])).hexDigitValue else {
                throw WireError("not a hexadecimal digit", at: offset)
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
