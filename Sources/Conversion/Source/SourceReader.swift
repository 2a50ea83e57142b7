package import YAMLTree

/// Reads a stream document by document, so that only one document's tree is in memory.
package struct SourceReader {
    private let bytes: [UInt8]
    private let reader: YAMLEventReader
    private let limits: YAMLLimits
    private var records: [SourceTree.Record] = []
    private var ranges: [Range<Int>] = []
    private var marks: [SourceTree.Mark] = []
    private var properties: [Int: YAMLProperties] = [:]
    /// Finished values by anchor.
    private var anchors: [String: Int] = [:]
    private var hasMergeKeys = false
    private var depth = 0
    /// How many values the next document probably has.
    private var expected: Int

    package init(_ bytes: [UInt8], limits: YAMLLimits) throws(YAMLError) {
        self.bytes = bytes
        self.limits = limits
        reader = try YAMLEventReader(bytes, limits: limits)
        expected = min(bytes.count / 8, 1024)
    }

    /// The next document, or `nil` behind the last.
    package mutating func document() throws(YAMLError) -> SourceDocument? {
        guard let start = try reader.next() else { return nil }
        records.reserveCapacity(expected)
        try value(try event())
        let end = try event().end.offset
        expected = records.count
        // The reader keeps nothing of a document, which may be a large one.
        defer {
            (records, ranges, marks, properties, anchors) = ([], [], [], [:], [:])
            hasMergeKeys = false
        }
        let tree = SourceTree(
            records, source: bytes, texts: reader.takeTexts(), ranges: ranges, properties: properties, marks: marks,
            hasMergeKeys: hasMergeKeys)
        let root = SourceNode(tree: tree, index: 0)
        return SourceDocument(root: root, range: start.start.offset..<max(end, root.end))
    }

    private func event() throws(YAMLError) -> YAMLEvent {
        guard let event = try reader.next() else { throw YAMLError(at: .start, "the document ends too early") }
        return event
    }

    /// Reads a value and all that is in it, behind the records that are there.
    private mutating func value(_ event: YAMLEvent) throws(YAMLError) {
        let index = records.count
        guard index < limits.nodes else {
            throw YAMLError(at: event.start, "the document holds more than \(limits.nodes) values")
        }
        switch event.kind {
        case .alias:
            let name = reader.text(of: event)
            guard let target = anchors[name] else {
                throw YAMLError.missingAnchor(name, at: event.start)
            }
            records[target].isShared = true
            append(.alias, event)
            records[index].isFlow = true
            records[index].link = UInt32(target)
        case .scalar:
            append(.scalar(event.style), event)
            if !event.isVerbatim {
                records[index].link = UInt32(ranges.count)
                ranges.append(event.text)
            }
        case .sequenceStart:
            append(.sequence, event)
            try sequence(index, at: event.start)
        case .mappingStart:
            append(.mapping, event)
            try mapping(index, at: event.start)
        case .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(at: event.start, "expected a value")
        }
        if event.kind == .sequenceStart || event.kind == .mappingStart { records[index].link = UInt32(records.count) }
        if event.hasProperties {
            let found = reader.properties(of: event)
            records[index].hasProperties = true
            properties[index] = found
            if let anchor = found.anchor { anchors[anchor] = index }
        }
    }

    private mutating func append(_ kind: SourceTree.Record.Kind, _ event: YAMLEvent) {
        let isBlock = event.style.isBlock
        let isScalar = if case .scalar = kind { true } else { false }
        // The reader has compared the text's length with the limit.
        func small(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: number) }
        if records.count == records.capacity, records.count >= 1 << 16 {
            // As many as the rest of the text probably has: a long document is not copied again and again.
            let read = Double(event.start.offset + 1) / Double(bytes.count + 1)
            records.reserveCapacity(Int(Double(records.count) / read * 1.1))
        }
        if event.start.offset >= marks.last.map({ Int($0.offset) + 128 }) ?? 0 {
            marks.append(
                SourceTree.Mark(
                    offset: small(event.start.offset), line: small(event.start.line),
                    column: small(event.start.column)))
        }
        records.append(
            SourceTree.Record(
                kind: kind, isFlow: event.isFlow || isScalar && !isBlock, offset: small(event.start.offset),
                end: small(isBlock ? blockEnd(event) : event.end.offset), link: SourceTree.Record.verbatim))
    }

    private mutating func sequence(_ index: Int, at start: YAMLMark) throws(YAMLError) {
        try descend(at: start)
        defer { depth -= 1 }
        var last: Int?
        while true {
            let event = try event()
            if event.kind == .sequenceEnd { return close(index, event, last) }
            last = records.count
            try value(event)
        }
    }

    private mutating func mapping(_ index: Int, at start: YAMLMark) throws(YAMLError) {
        try descend(at: start)
        defer { depth -= 1 }
        var last: Int?
        var count = 0
        var names: Set<String> = []
        while true {
            let event = try event()
            if event.kind == .mappingEnd { return close(index, event, last) }
            let key = records.count
            try value(event)
            guard resolved(key).isScalar else {
                throw YAMLError(
                    at: event.start, "expected a text as key; is this a template? Convert what it renders")
            }
            let words = words(key)
            if words.count == 2, words.first == UInt8(ascii: "<") { hasMergeKeys = true }
            guard isNew(key, of: index, count, &names) else {
                throw YAMLError(at: event.start, "the key \(text(key)) stands twice in one mapping; expected it once")
            }
            last = records.count
            count += 1
            try value(try self.event())
        }
    }

    /// A block collection ends with its last value: where the parser noticed can be lines below.
    private mutating func close(_ index: Int, _ event: YAMLEvent, _ last: Int?) {
        if records[index].isFlow {
            records[index].end = UInt32(event.end.offset)
        } else if let last {
            records[index].end = records[last].end
        }
    }

    /// Most mappings are small, where a look at the keys is quicker than a set.
    private func isNew(_ key: Int, of mapping: Int, _ count: Int, _ names: inout Set<String>) -> Bool {
        if count >= 12, !names.isEmpty { return names.insert(text(key)).inserted }
        var other = mapping + 1
        while other < key {
            if isSame(other, key) { return false }
            if count >= 12 { names.insert(text(other)) }
            let value = records[other].next(other)
            other = records[value].next(value)
        }
        if count >= 12 { names.insert(text(key)) }
        return true
    }

    private func resolved(_ index: Int) -> SourceTree.Record {
        if case .alias = records[index].kind { records[Int(records[index].link)] } else { records[index] }
    }

    /// The words of a scalar, or of the one behind an alias.
    private func words(_ index: Int) -> ArraySlice<UInt8> {
        let record = resolved(index)
        return record.isVerbatim ? bytes[record.words] : reader.texts[ranges[Int(record.link)]]
    }

    /// Whether two keys read the same.
    private func isSame(_ left: Int, _ right: Int) -> Bool {
        let (first, second) = (resolved(left), resolved(right))
        guard first.isVerbatim, second.isVerbatim else { return words(left) == words(right) }
        let (one, other) = (first.words, second.words)
        return one.count == other.count
            && bytes.withUnsafeBufferPointer { bytes in
                one.indices.allSatisfy { bytes[$0] == bytes[other.lowerBound + $0 - one.lowerBound] }
            }
    }

    private func text(_ index: Int) -> String { String(decoding: words(index), as: UTF8.self) }

    private mutating func descend(at mark: YAMLMark) throws(YAMLError) {
        depth += 1
        guard depth <= limits.depth else {
            throw YAMLError(at: mark, "values are nested more than \(limits.depth) deep")
        }
    }

    /// libyaml ends a block scalar behind the blank lines that follow it; unless `+` keeps them they are no part of it.
    private func blockEnd(_ event: YAMLEvent) -> Int {
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
