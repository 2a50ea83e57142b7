internal import Basics

/// Where in an enveloped protobuf list reading has come to.
struct ProtobufListGrammar: Sendable {
    private enum Place {
        case magic
        /// Among the fields of the envelope.
        case envelope
        /// Within the list, with so many bytes of it to come.
        case list(remaining: Int)
    }

    private var place = Place.magic
    private var sawList = false

    var isComplete: Bool {
        switch place {
        case .magic: false
        case .envelope: sawList
        case .list(let remaining): remaining == 0
        }
    }

    mutating func next(in queue: inout ByteQueue, _ metadata: inout ListMetadata) throws(WireError) -> Range<Int>? {
        while !queue.isEmpty {
            switch place {
            case .magic:
                guard queue.unread.count >= WireEnvelope.magic.count else { return nil }
                _ = try WireEnvelope(in: queue.bytes.span, queue.start..<queue.start + WireEnvelope.magic.count)
                queue.start += WireEnvelope.magic.count
                place = .envelope
            case .envelope:
                guard let header = try WireElementHeader(in: queue.bytes.span, queue.unread) else { return nil }
                if header.number == 2, header.hasLength {
                    sawList = true
                    queue.start = header.body.lowerBound
                    place = .list(remaining: header.body.count)
                    continue
                }
                guard header.body.upperBound <= queue.bytes.count else { return nil }
                queue.start = header.body.upperBound
            case .list(remaining: 0): place = .envelope
            case .list(let remaining):
                guard let header = try WireElementHeader(in: queue.bytes.span, queue.unread) else { return nil }
                guard header.body.upperBound - queue.start <= remaining else {
                    throw WireError("an item is longer than its list", at: queue.start)
                }
                guard header.body.upperBound <= queue.bytes.count else { return nil }
                place = .list(remaining: remaining - (header.body.upperBound - queue.start))
                queue.start = header.body.upperBound
                guard header.hasLength else { continue }
                if header.number == 2 { return header.body }
                if header.number == 1 { metadata = try ListMetadata(protobuf: queue.bytes.span, header.body) }
            }
        }
        return nil
    }
}

/// The tag and length of a protobuf field whose body may not have arrived yet.
struct WireElementHeader {
    let number: Int
    /// Where the body stands or will stand; may reach beyond what is there.
    let body: Range<Int>
    let hasLength: Bool

    /// `nil` where even the header is cut off.
    init?(in bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        // A tag and a length have at most ten bytes each, so that a failure with more at hand is one.
        let isAllThere = range.count >= 20
        do throws(WireError) {
            var cursor = WireCursor(range)
            let tag = try cursor.varint(in: bytes)
            guard tag >> 3 != 0, tag >> 3 <= 0x1FFF_FFFF else { throw WireError("no such field", at: range.lowerBound) }
            number = Int(tag >> 3)
            hasLength = tag & 7 == 2
            switch tag & 7 {
            case 0:
                let start = cursor.offset
                _ = try cursor.varint(in: bytes)
                body = start..<cursor.offset
            case 1: body = cursor.offset..<cursor.offset + 8
            case 2:
                let length = try cursor.varint(in: bytes)
                guard length <= UInt64(UInt32.max) else { throw WireError("an absurd length", at: range.lowerBound) }
                body = cursor.offset..<cursor.offset + Int(length)
            case 5: body = cursor.offset..<cursor.offset + 4
            default: throw WireError("no such wire type", at: range.lowerBound)
            }
        } catch {
            guard !isAllThere, error.offset == range.upperBound else { throw error }
            return nil
        }
    }
}
