public import Basics

/// Reads a list as it arrives, item by item: never more of it in memory than its largest item.
///
///     reader.append(chunk)
///     while let item = try reader.next() { try reader.withObject(item) { … } }
///
/// and behind the last chunk `finish()`.
public struct ObjectListReader: Sendable {
    private enum Grammar: Sendable {
        case protobuf(ProtobufListGrammar)
        case json(JSONListGrammar)
    }

    /// An item larger than this is taken for garbage; etcd holds nothing near it.
    public static let largestObject = 16 << 20

    public let encoding: ObjectEncoding
    private var queue = ByteQueue()
    private var grammar: Grammar
    private var metadata = ListMetadata()

    public init(_ encoding: ObjectEncoding) {
        self.encoding = encoding
        grammar =
            switch encoding {
            case .protobuf: .protobuf(ProtobufListGrammar())
            case .json: .json(JSONListGrammar())
            }
    }

    public mutating func append(_ piece: [UInt8]) { queue.append(piece) }

    /// The next whole item, `nil` where more bytes are needed. Its place holds until the next `append`.
    public mutating func next() throws(WireError) -> Range<Int>? {
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

    public func withObject<Result>(
        _ item: Range<Int>, _ body: (Span<UInt8>) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        try body(queue.bytes.span.extracting(item))
    }

    /// The list's own metadata. Throws where the list broke off.
    public func finish() throws(WireError) -> ListMetadata {
        let isComplete =
            switch grammar {
            case .protobuf(let list): list.isComplete
            case .json(let list): list.isComplete
            }
        guard isComplete, queue.isEmpty else { throw WireError("the list is cut off", at: queue.bytes.count) }
        return metadata
    }
}
