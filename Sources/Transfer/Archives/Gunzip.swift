internal import CZlib
internal import Glibc

/// Unpacks gzip, one member behind the other, and compares the checksum and the length that each ends with: libarchive's own
/// filter passes them over. For one thread.
final class Gunzip {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    private let object: String
    /// A member has come to its end; another may follow.
    private var isBetween = false

    /// - Parameter first: what is read before anything that `next` is given, and stays where it is until then.
    init(_ first: UnsafeRawBufferPointer, object: String) throws(TransferError) {
        self.object = object
        stream.initialize(to: z_stream())
        guard czlib_begin_gunzip(stream) == Z_OK else {
            throw TransferError(object, .local(errno: ENOMEM), "cannot read the archive")
        }
        take(first)
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// What comes next, until it is called again; `nil` at the end.
    func next(_ input: () throws(TransferError) -> UnsafeRawBufferPointer?) throws(TransferError)
        -> UnsafeRawBufferPointer?
    {
        while true {
            if stream.pointee.avail_in == 0 {
                guard let piece = try input() else {
                    guard isBetween else { throw failure("it is cut short") }
                    return nil
                }
                take(piece)
            }
            if isBetween {
                // What follows and is no member is padding.
                guard stream.pointee.next_in.pointee == 0x1F else {
                    stream.pointee.avail_in = 0
                    continue
                }
                inflateReset(stream)
                isBetween = false
            }
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = UInt32(output.count)
            let code = inflate(stream, Z_NO_FLUSH)
            guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else {
                throw failure(stream.pointee.msg.map { String(cString: $0) } ?? "zlib's code is \(code)")
            }
            isBetween = code == Z_STREAM_END
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0 { return UnsafeRawBufferPointer(rebasing: output[..<count]) }
        }
    }

    private func take(_ piece: UnsafeRawBufferPointer) {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: piece.baseAddress?.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = UInt32(piece.count)
    }

    private func failure(_ why: String) -> TransferError {
        TransferError(object, .archive, "the archive cannot be read: \(why)")
    }
}
