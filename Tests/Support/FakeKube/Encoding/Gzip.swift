import CZlib

/// Whole buffers through zlib.
enum Gzip {
    /// At the real server's level, 4.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard czlib_begin_gzip(&stream, 4) == Z_OK else { return [] }
        defer { deflateEnd(&stream) }
        return run(bytes, &stream) { deflate(&$0, Z_FINISH) }
    }

    static func expand(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard czlib_begin_gunzip(&stream) == Z_OK else { return [] }
        defer { inflateEnd(&stream) }
        return run(bytes, &stream) { inflate(&$0, Z_NO_FLUSH) }
    }

    private static func run(_ bytes: [UInt8], _ stream: inout z_stream, _ step: (inout z_stream) -> Int32) -> [UInt8] {
        var input = bytes
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            var status = Z_OK
            while status == Z_OK {
                let made = chunk.withUnsafeMutableBufferPointer { space in
                    stream.next_out = space.baseAddress
                    stream.avail_out = UInt32(space.count)
                    status = step(&stream)
                    return space.count - Int(stream.avail_out)
                }
                output += chunk.prefix(made)
                if made == 0, stream.avail_in == 0 { break }
            }
        }
        return output
    }
}
