import YAMLTree

/// The values of a document as they are read: what becomes a `SourceTree`.
struct SourceRecords {
    let bytes: [UInt8]
    private(set) var all: [SourceTree.Record] = []
    private var marks: [SourceTree.Mark] = []
    /// The words of scalars that read otherwise than they are written, and where in them those of each stand.
    private(set) var texts: [UInt8] = []
    private var ranges: [Range<Int>] = []
    private var properties: [Int: YAMLProperties] = [:]
    private var hasMergeKeys = false
    /// How many values the next document probably has.
    private var expected: Int

    init(of bytes: [UInt8]) {
        self.bytes = bytes
        expected = min(bytes.count / 8, 1024)
    }

    var count: Int { all.count }

    mutating func begin() {
        forget()
        all.reserveCapacity(expected)
    }

    /// Nothing is kept of a document, which may be a large one.
    mutating func forget() {
        (all, marks, texts, ranges, properties, hasMergeKeys) = ([], [], [], [], [:], false)
    }

    mutating func tree() -> SourceTree {
        expected = all.count
        defer { forget() }
        return SourceTree(
            all, source: bytes, texts: texts, ranges: ranges, properties: properties, marks: marks,
            hasMergeKeys: hasMergeKeys)
    }

    // MARK: Values

    /// Adds one that stands from `start` to the byte `end`, which is another of a collection once it has all its members.
    mutating func append(_ kind: SourceTree.Record.Kind, isFlow: Bool, _ start: YAMLMark, end: Int) {
        // The reader has compared the text's length with the limit.
        func small(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: number) }
        if all.count == all.capacity, all.count >= 1 << 16 {
            // As many as the rest of the text probably has: a long document is not copied again and again.
            let read = Double(start.offset + 1) / Double(bytes.count + 1)
            all.reserveCapacity(Int(Double(all.count) / read * 1.1))
        }
        if start.offset >= marks.last.map({ Int($0.offset) + 128 }) ?? 0 {
            marks.append(
                SourceTree.Mark(
                    offset: small(start.offset), line: small(start.line), column: small(start.column)))
        }
        all.append(
            SourceTree.Record(
                kind: kind, isFlow: isFlow, offset: small(start.offset), end: small(end),
                link: SourceTree.Record.verbatim))
    }

    /// Makes the last value, a scalar at `index`, the first key of a mapping in block style.
    mutating func beginMapping(at index: Int) {
        let key = all[index]
        all.insert(
            SourceTree.Record(kind: .mapping, offset: key.offset, end: key.offset, link: key.offset), at: index)
    }

    func offset(_ index: Int) -> Int { Int(all[index].offset) }

    /// Says of the last scalar that it reads otherwise than it is written: what `write` adds to the text.
    mutating func reads(_ write: (inout [UInt8]) -> Void) {
        let start = texts.count
        write(&texts)
        all[all.count - 1].link = UInt32(ranges.count)
        ranges.append(start..<texts.count)
    }

    /// Makes the last value stand for an earlier one.
    mutating func refer(to target: Int) {
        all[target].isShared = true
        all[all.count - 1].isFlow = true
        all[all.count - 1].link = UInt32(target)
    }

    mutating func note(_ found: YAMLProperties, of index: Int) {
        all[index].hasProperties = true
        properties[index] = found
    }

    /// Of a collection with all its members behind it. One in block style ends with its last value: where a parser notices
    /// can be lines below.
    ///
    /// - Parameters:
    ///   - last: its last value; `nil` where it is empty.
    ///   - end: behind the bracket of one in flow style.
    mutating func close(_ index: Int, last: Int?, end: Int) {
        all[index].link = UInt32(all.count)
        if all[index].isFlow {
            all[index].end = UInt32(end)
        } else if let last {
            all[index].end = all[last].end
        }
    }

    // MARK: Keys

    /// Notes down the last value as a key; `false` where the mapping has it already. Most mappings are small, where a look at
    /// the keys is quicker than a set.
    ///
    /// - Parameters:
    ///   - count: of the keys before it.
    ///   - names: the keys of a mapping that has many.
    mutating func isNew(_ key: Int, of mapping: Int, _ count: Int, _ names: inout Set<ArraySlice<UInt8>>) -> Bool {
        let record = resolved(key)
        if length(record) == 2, words(key).first == UInt8(ascii: "<") { hasMergeKeys = true }
        if count >= 12, !names.isEmpty { return names.insert(words(key)).inserted }
        var other = mapping + 1
        while other < key {
            if isSame(resolved(other), record) { return false }
            if count >= 12 { names.insert(words(other)) }
            let value = all[other].next(other)
            other = all[value].next(value)
        }
        if count >= 12 { names.insert(words(key)) }
        return true
    }

    func resolved(_ index: Int) -> SourceTree.Record {
        if case .alias = all[index].kind { all[Int(all[index].link)] } else { all[index] }
    }

    /// The words of a scalar, or of the one behind an alias.
    private func words(_ index: Int) -> ArraySlice<UInt8> { words(resolved(index)) }

    private func words(_ record: SourceTree.Record) -> ArraySlice<UInt8> {
        record.isVerbatim ? bytes[record.words] : texts[ranges[Int(record.link)]]
    }

    private func length(_ record: SourceTree.Record) -> Int {
        record.isVerbatim ? record.words.count : ranges[Int(record.link)].count
    }

    /// Whether two keys read the same.
    private func isSame(_ left: SourceTree.Record, _ right: SourceTree.Record) -> Bool {
        length(left) == length(right) && words(left) == words(right)
    }

    func text(_ index: Int) -> String { String(decoding: words(index), as: UTF8.self) }
}
