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
