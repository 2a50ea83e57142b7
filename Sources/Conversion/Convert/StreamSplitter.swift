/// Where a stream can be cut so that its parts mean what they mean together.
enum StreamSplitter {
    /// At most `count` parts of about the same length, each beginning with a document marker but for the first.
    ///
    /// `---` at the margin begins a document wherever it stands, in a block scalar too (YAML 1.2.2 §9.1.2). A directive
    /// belongs to the document below it: a stream that may have one stays whole.
    static func parts(of bytes: [UInt8], count: Int) -> [Range<Int>] {
        guard count > 1, !hasDirective(bytes) else { return [0..<bytes.count] }
        var parts: [Range<Int>] = []
        var start = 0
        for part in 1..<count {
            guard let cut = marker(in: bytes, from: max(start + 1, bytes.count / count * part)) else { break }
            parts.append(start..<cut)
            start = cut
        }
        return parts + [start..<bytes.count]
    }

    private static func hasDirective(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var previous: UInt8 = 0x0A
            for byte in bytes {
                // Behind a byte order mark, too.
                if byte == UInt8(ascii: "%"), previous == 0x0A || previous == 0x0D || previous == 0xBF { return true }
                previous = byte
            }
            return false
        }
    }

    /// The start of the next line that is a document marker.
    private static func marker(in bytes: [UInt8], from offset: Int) -> Int? {
        let ends: Set<UInt8> = [0x0A, 0x0D, 0x20, 0x09]
        return bytes.withUnsafeBufferPointer { bytes in
            var position = offset
            while position + 3 < bytes.count {
                if bytes[position] == UInt8(ascii: "-"), bytes[position + 1] == UInt8(ascii: "-"),
                    bytes[position + 2] == UInt8(ascii: "-"), bytes[position - 1] == 0x0A,
                    ends.contains(bytes[position + 3])
                {
                    return position
                }
                position += 1
            }
            return nil
        }
    }
}
