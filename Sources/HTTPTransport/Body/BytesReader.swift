/// Reads a body that is in memory.
struct BytesReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        let count = min(buffer.count, bytes.count - position)
        guard count > 0 else { return .end }
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return .filled(count)
    }

    mutating func rewind() -> Bool {
        position = 0
        return true
    }
}
