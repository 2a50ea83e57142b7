internal import Basics

/// Where in a JSON list reading has come to.
struct JSONListGrammar: Sendable {
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
