/// Turns libyaml's places, which count characters, into byte offsets. Places come almost in order, so the cursor walks
/// from one to the next; a text of ASCII alone needs no walk.
struct ByteCursor {
    private let bytes: [UInt8]
    private let isASCII: Bool
    private var characters = 0
    private var offset: Int

    /// `start`: the offset of the first character, behind a byte order mark.
    init(_ bytes: [UInt8], start: Int) {
        self.bytes = bytes
        self.offset = start
        isASCII = bytes.dropFirst(start).allSatisfy { $0 < 0x80 }
    }

    mutating func offset(ofCharacter target: Int) -> Int {
        if isASCII {
            offset += target - characters
            characters = target
            return min(offset, bytes.count)
        }
        while characters < target, offset < bytes.count {
            offset += 1
            while offset < bytes.count, isContinuation(offset) { offset += 1 }
            characters += 1
        }
        while characters > target, offset > 0 {
            offset -= 1
            while offset > 0, isContinuation(offset) { offset -= 1 }
            characters -= 1
        }
        return offset
    }

    private func isContinuation(_ offset: Int) -> Bool { bytes[offset] & 0xC0 == 0x80 }
}
