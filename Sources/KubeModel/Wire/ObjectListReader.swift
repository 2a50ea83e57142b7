package import Basics

/// Reads a list as it arrives, item by item: never more of it in memory than its largest item.
///
///     reader.append(chunk)
///     while let item = try reader.next() { try reader.withObject(item) { … } }
///
/// and behind the last chunk `finish()`.
package struct ObjectListReader: Sendable {
    private enum Grammar: Sendable {
        case protobuf(ProtobufListGrammar)
        case json(JSONListGrammar)
    }

    /// An item larger than this is taken for garbage; etcd holds nothing near it.
    package static let largestObject = 16 << 20

    package let encoding: ObjectEncoding
    private var queue = ByteQueue()
    private var grammar: Grammar
    private var metadata = ListMetadata()

    package init(_ encoding: ObjectEncoding) {
        self.encoding = encoding
        grammar =
            switch encoding {
            case .protobuf: .protobuf(ProtobufListGrammar())
            case .json: .json(JSONListGrammar())
            }
    }

    package mutating func append(_ piece: [UInt8]) { queue.append(piece) }

    /// The next whole item, `nil` where more bytes are needed. Its place holds until the next `append`.
    package mutating func next() throws(WireError) -> Range<Int>? {
        let item: Range<Int>?
        switch grammar {
        case .protobuf(var list):
            item = try list.next(in: &queue, &metadata)
            grammar = .protobuf(list)
        case .json(var list):
            item = try list.next(in: &queue, &metadata)
            grammar = .json(list)
        }
        guard item != nil || queue.unread.count <= Self.largestObject else {
            throw WireError("more than \(Self.largestObject) bytes in one item", at: queue.start)
        }
        return item
    }

    package func withObject<Result>(
        _ item: Range<Int>, _ body: (Span<UInt8>) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        try body(queue.bytes.span.extracting(item))
    }

    /// The list's own metadata. Throws where the list broke off.
    package func finish() throws(WireError) -> ListMetadata {
        let isComplete =
            switch grammar {
            case .protobuf(let list): list.isComplete
            case .json(let list): list.isComplete
            }
        guard isComplete, queue.isEmpty else { throw WireError("the list is cut off", at: queue.bytes.count) }
        return metadata
    }
}

/// What is kept of a list's `metadata`.
package struct ListMetadata: Sendable, Equatable {
    package var resourceVersion = ""
    /// For the next page; empty behind the last.
    package var continueToken = ""

    package init() {}

    init(protobuf bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var cursor = WireCursor(range)
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 2: resourceVersion = try field.text(in: bytes)
            case 3: continueToken = try field.text(in: bytes)
            default: break
            }
        }
    }

    init(json bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var cursor = JSONCursor(range)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "resourceVersion": resourceVersion = try cursor.text(in: bytes)
            case "continue": continueToken = try cursor.text(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

/// Bytes that came in pieces and have not been read to their end.
///
/// Offsets into `bytes` hold until the next `append`.
struct ByteQueue: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where what is unread begins.
    var start = 0

    var unread: Range<Int> { start..<bytes.count }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ piece: [UInt8]) {
        if isEmpty {
            // Most pieces are read at once, and are never copied.
            bytes = piece
        } else {
            bytes.removeSubrange(..<start)
            bytes += piece
        }
        start = 0
    }
}

/// Where in an enveloped protobuf list reading has come to.
private struct ProtobufListGrammar: Sendable {
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
private struct WireElementHeader {
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

/// Where in a JSON list reading has come to.
private struct JSONListGrammar: Sendable {
    private enum Place {
        case start
        /// Before a member's name, a comma or the closing brace.
        case member
        case value(of: String)
        /// Before an item, a comma or the closing bracket.
        case item
        case end
    }

    private var place = Place.start
    /// A value of which only the beginning has arrived, looked at so far.
    private var scanner = JSONValueScanner()
    private var scanned = 0

    var isComplete: Bool {
        if case .end = place { true } else { false }
    }

    mutating func next(in queue: inout ByteQueue, _ metadata: inout ListMetadata) throws(WireError) -> Range<Int>? {
        while let byte = skipSpace(&queue) {
            switch (place, byte) {
            case (.start, UInt8(ascii: "{")):
                queue.start += 1
                place = .member
            case (.member, UInt8(ascii: "}")):
                queue.start += 1
                place = .end
            case (.member, UInt8(ascii: ",")), (.item, UInt8(ascii: ",")): queue.start += 1
            case (.member, UInt8(ascii: "\"")):
                guard let name = value(in: &queue) else { return nil }
                var cursor = JSONCursor(name)
                place = .value(of: try cursor.text(in: queue.bytes.span))
            case (.value, UInt8(ascii: ":")): queue.start += 1
            case (.value(of: "items"), UInt8(ascii: "[")):
                queue.start += 1
                place = .item
            case (.value(let name), _):
                guard let value = value(in: &queue) else { return nil }
                if name == "metadata" { metadata = try ListMetadata(json: queue.bytes.span, value) }
                if name == "kind" { try Self.check(kind: value, in: queue.bytes.span) }
                place = .member
            case (.item, UInt8(ascii: "]")):
                queue.start += 1
                place = .member
            case (.item, UInt8(ascii: "{")): return value(in: &queue)
            case (.start, _), (.member, _), (.item, _), (.end, _):
                throw WireError("this is no list in JSON", at: queue.start)
            }
        }
        return nil
    }

    /// What a proxy before the server makes of a refusal may come as a success, and is no list of nothing.
    private static func check(kind value: Range<Int>, in bytes: Span<UInt8>) throws(WireError) {
        var cursor = JSONCursor(value)
        guard (try? cursor.text(in: bytes)) == APIStatus.kind else { return }
        throw WireError("a \(APIStatus.kind) in the place of a list", at: value.lowerBound)
    }

    /// The whole value that starts where `queue` does, `nil` where its end has not arrived.
    private mutating func value(in queue: inout ByteQueue) -> Range<Int>? {
        let end = scanner.scan(queue.bytes.span, queue.start + scanned..<queue.bytes.count)
        guard scanner.isComplete else {
            scanned = end - queue.start
            return nil
        }
        defer {
            queue.start = end
            scanner = JSONValueScanner()
            scanned = 0
        }
        return queue.start..<end
    }

    private func skipSpace(_ queue: inout ByteQueue) -> UInt8? {
        while !queue.isEmpty {
            let byte = queue.bytes[queue.start]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            queue.start += 1
        }
        return nil
    }
}
