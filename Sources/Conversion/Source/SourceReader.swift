package import YAMLTree

/// Reads a stream document by document, so that only one document's tree is in memory: what is written as nearly all
/// manifests are by `PlainReader`, all else by libyaml's events, with the same trees.
package struct SourceReader {
    private let text: YAMLText
    private let limits: YAMLLimits
    private var plain: PlainReader
    /// Where the next document begins, if it begins as `PlainReader` knows it.
    private var place: YAMLMark?
    /// Stands at the next document, unless that was read by somebody else.
    private var reader: YAMLEventReader?
    private var records: SourceRecords
    /// Finished values by anchor.
    private var anchors: [String: Int] = [:]
    private var depth = 0

    package init(_ bytes: [UInt8], limits: YAMLLimits) throws(YAMLError) {
        self.limits = limits
        text = try YAMLText(bytes, limit: limits.bytes)
        plain = PlainReader(bytes, from: text.start, limits)
        records = SourceRecords(of: bytes)
        place = YAMLMark(offset: text.start, line: 1, column: 1)
    }

    /// The same by events alone, for tests that compare.
    init(byEvents bytes: [UInt8], limits: YAMLLimits) throws(YAMLError) {
        self = try SourceReader(bytes, limits: limits)
        place = nil
        reader = YAMLEventReader(text)
    }

    /// Whether the last document took no parser of all of YAML, for tests.
    var wasPlain: Bool { reader == nil }

    /// The next document, or `nil` behind the last.
    package mutating func document() throws(YAMLError) -> SourceDocument? {
        if let place {
            do throws(PlainReader.NotPlain) {
                let document = try plain.document(at: place)
                (reader, self.place) = (nil, plain.end)
                return document
            } catch {
                plain.records.forget()
            }
        }
        let reader = reader ?? YAMLEventReader(text, from: place)
        self.reader = reader
        return try document(reader)
    }

    private mutating func document(_ reader: YAMLEventReader) throws(YAMLError) -> SourceDocument? {
        guard let start = try reader.next() else { return nil }
        records.begin()
        defer { anchors = [:] }
        try value(try event(reader), reader)
        let end = try event(reader)
        place = place != nil && !end.isExplicit ? end.end : nil
        let root = SourceNode(tree: records.tree(), index: 0)
        return SourceDocument(root: root, range: start.start.offset..<max(end.end.offset, root.end))
    }

    private func event(_ reader: YAMLEventReader) throws(YAMLError) -> YAMLEvent {
        guard let event = try reader.next() else { throw YAMLError(at: .start, "the document ends too early") }
        return event
    }

    /// Reads a value and all that is in it, behind the records that are there.
    private mutating func value(_ event: YAMLEvent, _ reader: YAMLEventReader) throws(YAMLError) {
        let index = records.count
        guard index < limits.nodes else {
            throw YAMLError(at: event.start, "the document holds more than \(limits.nodes) values")
        }
        // What the reader knows of an event is gone with the next.
        let properties = event.hasProperties ? reader.properties(of: event) : nil
        switch event.kind {
        case .alias:
            let name = reader.text(of: event)
            guard let target = anchors[name] else {
                throw YAMLError.missingAnchor(name, at: event.start)
            }
            append(.alias, event)
            records.refer(to: target)
        case .scalar:
            append(.scalar(event.style), event)
            if !event.isVerbatim { records.reads { $0 += reader.texts[event.text] } }
        case .sequenceStart:
            append(.sequence, event)
            try sequence(index, event, reader)
        case .mappingStart:
            append(.mapping, event)
            try mapping(index, event, reader)
        case .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(at: event.start, "expected a value")
        }
        if let properties {
            records.note(properties, of: index)
            if let anchor = properties.anchor { anchors[anchor] = index }
        }
    }

    private mutating func append(_ kind: SourceTree.Record.Kind, _ event: YAMLEvent) {
        let isBlock = event.style.isBlock
        let isScalar = if case .scalar = kind { true } else { false }
        records.append(
            kind, isFlow: event.isFlow || isScalar && !isBlock, event.start,
            end: isBlock ? blockEnd(event) : event.end.offset)
    }

    private mutating func sequence(
        _ index: Int, _ start: YAMLEvent, _ reader: YAMLEventReader
    ) throws(YAMLError) {
        try descend(at: start.start)
        defer { depth -= 1 }
        var last: Int?
        while true {
            let event = try event(reader)
            if event.kind == .sequenceEnd { return records.close(index, last: last, end: event.end.offset) }
            last = records.count
            try value(event, reader)
        }
    }

    private mutating func mapping(
        _ index: Int, _ start: YAMLEvent, _ reader: YAMLEventReader
    ) throws(YAMLError) {
        try descend(at: start.start)
        defer { depth -= 1 }
        var last: Int?
        var count = 0
        var names: Set<ArraySlice<UInt8>> = []
        while true {
            let event = try event(reader)
            if event.kind == .mappingEnd { return records.close(index, last: last, end: event.end.offset) }
            let key = records.count
            try value(event, reader)
            guard records.resolved(key).isScalar else {
                throw YAMLError(
                    at: event.start, "expected a text as key; is this a template? Convert what it renders")
            }
            guard records.isNew(key, of: index, count, &names) else {
                throw YAMLError(
                    at: event.start, "the key \(records.text(key)) stands twice in one mapping; expected it once")
            }
            last = records.count
            count += 1
            try value(try self.event(reader), reader)
        }
    }

    private mutating func descend(at mark: YAMLMark) throws(YAMLError) {
        depth += 1
        guard depth <= limits.depth else {
            throw YAMLError(at: mark, "values are nested more than \(limits.depth) deep")
        }
    }

    /// libyaml ends a block scalar behind the blank lines that follow it; unless `+` keeps them they are no part of it.
    private func blockEnd(_ event: YAMLEvent) -> Int {
        let bytes = text.bytes
        let header = bytes[event.start.offset...].prefix { $0 != 0x0A && $0 != UInt8(ascii: "#") }
        var end = min(event.end.offset, bytes.count)
        // Behind the last line's text, before its line break: where any other value ends.
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        if header.contains(UInt8(ascii: "+")) {
            if end > event.start.offset, bytes[end - 1] == 0x0A { end -= 1 }
            if end > event.start.offset, bytes[end - 1] == 0x0D { end -= 1 }
            return end
        }
        while end > event.start.offset + 1, isSpace(bytes[end - 1]) { end -= 1 }
        return end
    }
}

/// One document of a stream.
package struct SourceDocument {
    package let root: SourceNode
    /// From its first directive or `---` to its `...`, or to where the next one starts.
    package let range: Range<Int>
}
