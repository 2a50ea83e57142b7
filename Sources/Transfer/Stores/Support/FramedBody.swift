internal import HTTPTransport
internal import Synchronization

/// Content between two texts: the last part of a multipart body.
final class FramedBody: HTTPBodySource {
    private struct Place {
        /// 0: the text before, 1: the content, 2: the text behind.
        var piece = 0
        var offset = 0
    }

    let length: Int64?
    private let texts: [[UInt8]]
    private let content: any ObjectContent
    private let place = Mutex(Place())

    init(_ before: String, _ content: any ObjectContent, length: Int64, _ behind: String) {
        texts = [Array(before.utf8), [], Array(behind.utf8)]
        self.content = content
        self.length = length + Int64(before.utf8.count + behind.utf8.count)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        place.withLock { place in
            while place.piece < texts.count {
                if place.piece == 1 {
                    let step = content.read(into: buffer)
                    if step != .end { return step }
                }
                let rest = texts[place.piece][place.offset...].prefix(buffer.count)
                if !rest.isEmpty {
                    buffer.copyBytes(from: rest)
                    place.offset += rest.count
                    return .filled(rest.count)
                }
                place = Place(piece: place.piece + 1)
            }
            return .end
        }
    }

    func rewind() -> Bool {
        place.withLock { place in
            place = Place()
            return content.rewind()
        }
    }
}

/// Content without its beginning.
final class TailBody: HTTPBodySource {
    let length: Int64?
    private let content: any ObjectContent
    private let offset: Int64

    /// `nil` where the content does not reach that far.
    init?(_ content: any ObjectContent, from offset: Int64, length: Int64) {
        self.content = content
        self.offset = offset
        self.length = length - offset
        guard rewind() else { return nil }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        content.read(into: buffer)
    }

    func rewind() -> Bool {
        guard content.rewind() else { return false }
        guard offset > 0 else { return true }
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { scratch.deallocate() }
        var left = offset
        while left > 0 {
            let room = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Int(min(left, Int64(scratch.count)))])
            guard case .filled(let count) = content.read(into: room), count > 0 else { return false }
            left -= Int64(count)
        }
        return true
    }
}
