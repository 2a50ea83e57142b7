import Glibc
package import YAMLTree

/// A value with the bytes it stands on. Aliases are not filled in, so a document never costs more than its own length.
package struct SourceNode {
    package struct Pair {
        package let key: SourceNode
        package let value: SourceNode

        var name: String { key.scalar?.text ?? "" }
    }

    package let tree: SourceTree
    /// The place among the tree's records.
    package let index: Int

    private var record: SourceTree.Record { tree.records[index] }

    /// The first byte, properties (`&anchor`, `!tag`) included.
    package var offset: Int { Int(record.offset) }
    /// The same for people, which takes some counting.
    package var start: YAMLMark { tree.mark(index) }

    /// Behind the last byte of the value; behind the last line of a block scalar.
    package var end: Int { Int(record.end) }
    package var isFlow: Bool { record.isFlow }
    package var properties: YAMLProperties { record.hasProperties ? tree.properties[index] ?? .init() : .init() }
    /// Whether an alias stands for this value elsewhere, so that a change here would be a change there.
    package var isShared: Bool { record.isShared }
    /// Whether it is no more than its words.
    var isBare: Bool { !isAlias && !isShared && !record.hasProperties }
    package var isAlias: Bool { if case .alias = record.kind { true } else { false } }

    /// The value itself, behind an alias.
    package var resolved: SourceNode { SourceNode(tree: tree, index: tree.resolved(index)) }

    // MARK: Scalars

    package var scalar: YAMLScalar? {
        let index = tree.resolved(index)
        guard case .scalar(let style) = tree.records[index].kind else { return nil }
        return YAMLScalar(String(decoding: tree.text(index), as: UTF8.self), style: style)
    }

    package var isNull: Bool { tree.isNull(tree.resolved(index)) }

    /// The text of a scalar that is not null.
    package var text: String? {
        let index = tree.resolved(index)
        guard tree.records[index].isScalar, !tree.isNull(index) else { return nil }
        return String(decoding: tree.text(index), as: UTF8.self)
    }

    /// Whether it is a scalar that reads so, without making a text of it.
    func reads(_ words: String) -> Bool { tree.reads(index, words) }

    /// Whether a scalar has a word in it, given in capital letters, in whatever case.
    func mentions(_ word: String) -> Bool { tree.mentions(tree.resolved(index), word) }

    // MARK: Collections

    package var isMapping: Bool {
        if case .mapping = tree.records[tree.resolved(index)].kind { true } else { false }
    }

    package var pairs: [Pair]? {
        guard isMapping else { return nil }
        let keys = tree.count(tree.resolved(index)) / 2
        var key = tree.resolved(index) + 1
        return (0..<keys).map { _ in
            defer { key = tree.next(tree.next(key)) }
            return pair(key)
        }
    }

    package var firstPair: Pair? {
        let mapping = tree.resolved(index)
        return isMapping && tree.next(mapping) > mapping + 1 ? pair(mapping + 1) : nil
    }

    package var elements: [SourceNode]? {
        let list = tree.resolved(index)
        guard case .sequence = tree.records[list].kind else { return nil }
        var element = list + 1
        return (0..<tree.count(list)).map { _ in
            defer { element = tree.next(element) }
            return SourceNode(tree: tree, index: element)
        }
    }

    private func pair(_ key: Int) -> Pair {
        Pair(key: SourceNode(tree: tree, index: key), value: SourceNode(tree: tree, index: tree.next(key)))
    }

    /// The pair that was written here, not one that came by a merge key.
    package func ownPair(_ name: String) -> Pair? {
        guard isMapping else { return nil }
        return tree.key(name, in: tree.resolved(index)).map(pair)
    }

    /// The value at `name`, also where a merge key brought it.
    package subscript(name: String) -> SourceNode? {
        guard isMapping else { return nil }
        if let key = tree.key(name, in: tree.resolved(index)) { return SourceNode(tree: tree, index: tree.next(key)) }
        // Nearly no document has any, and most names that are looked for are not there.
        guard tree.hasMergeKeys else { return nil }
        var seen: [Int: Int] = [:]
        return value(name, depth: 0, &seen)
    }

    /// - Parameter seen: mappings that have been looked through, and how deep: a few lines can stand for any number of them.
    private func value(_ name: String, depth: Int, _ seen: inout [Int: Int]) -> SourceNode? {
        guard isMapping, depth < 16 else { return nil }
        let mapping = tree.resolved(index)
        if let key = tree.key(name, in: mapping) { return SourceNode(tree: tree, index: tree.next(key)) }
        guard let merged = ownPair("<<"), merged.key.scalar?.style == .plain else { return nil }
        if let earlier = seen[mapping], earlier <= depth { return nil }
        seen[mapping] = depth
        for source in merged.value.elements ?? [merged.value] {
            if let value = source.value(name, depth: depth + 1, &seen) { return value }
        }
        return nil
    }

    package func at(_ first: String, _ second: String) -> SourceNode? { self[first]?[second] }

    package func at(_ path: String...) -> SourceNode? {
        path.reduce(self as SourceNode?) { node, name in node?[name] }
    }
}

/// The values of one document, side by side in the order they were written: a document is one block of memory, however
/// many values it has, and little more than its text, of which it names the places. What a collection holds stands behind
/// it, up to its `next`; in a mapping keys and values take turns.
package final class SourceTree: Sendable {
    package struct Record {
        enum Kind {
            case scalar(YAMLScalar.Style)
            case sequence, mapping, alias
        }

        var kind: Kind
        var isFlow = false
        /// Whether an alias stands for this value elsewhere.
        var isShared = false
        var hasProperties = false
        // Places and counts of a stream that `StreamConverter.limits` bounds fit 32 bits.
        var offset: UInt32
        var end: UInt32
        /// Of a collection, behind all that is in it: where its neighbour stands. Of an alias, what it stands for. Of a
        /// scalar, which one it is of those that read otherwise than they are written; `verbatim` where it does not.
        var link: UInt32

        static let verbatim = UInt32.max

        var isScalar: Bool { if case .scalar = kind { true } else { false } }
        var isVerbatim: Bool { isScalar && link == Self.verbatim }

        /// Where the words of a verbatim scalar stand in the source.
        var words: Range<Int> {
            let quote: UInt32 = if case .scalar(.plain) = kind { 0 } else { 1 }
            return Int(offset + quote)..<Int(end - quote)
        }

        /// Where the value behind this one stands, which stands at `index` itself.
        func next(_ index: Int) -> Int {
            switch kind {
            case .sequence, .mapping: Int(link)
            case .scalar, .alias: index + 1
            }
        }
    }

    /// A place in lines, in little space.
    struct Mark {
        let offset: UInt32
        let line: UInt32
        let column: UInt32
    }

    package let records: [Record]
    /// The stream.
    let source: [UInt8]
    /// What reads otherwise than it is written.
    let texts: [UInt8]
    let ranges: [Range<Int>]
    package let properties: [Int: YAMLProperties]
    /// Places in lines, one at least every 128 bytes.
    let marks: [Mark]
    /// Whether a value reads `<<`, so that mappings may have more than was written in them.
    let hasMergeKeys: Bool

    init(
        _ records: [Record], source: [UInt8], texts: [UInt8], ranges: [Range<Int>], properties: [Int: YAMLProperties],
        marks: [Mark], hasMergeKeys: Bool
    ) {
        self.records = records
        self.source = source
        self.texts = texts
        self.ranges = ranges
        self.properties = properties
        self.marks = marks
        self.hasMergeKeys = hasMergeKeys
    }

    /// The place of a value's first byte.
    func mark(_ index: Int) -> YAMLMark {
        let offset = Int(records[index].offset)
        var range = marks.indices
        while range.count > 1 {
            let middle = range.lowerBound + range.count / 2
            range = Int(marks[middle].offset) <= offset ? middle..<range.upperBound : range.lowerBound..<middle
        }
        let mark = marks[range.lowerBound]
        return YAMLMark(offset: Int(mark.offset), line: Int(mark.line), column: Int(mark.column))
            .advanced(to: offset, in: source)
    }

    /// The value itself, behind an alias.
    package func resolved(_ index: Int) -> Int {
        if case .alias = records[index].kind { Int(records[index].link) } else { index }
    }

    /// Where the value behind this one stands.
    package func next(_ index: Int) -> Int { records[index].next(index) }

    /// The values directly in a collection, keys counted too.
    package func count(_ collection: Int) -> Int {
        var count = 0
        var member = collection + 1
        while member < next(collection) {
            count += 1
            member = next(member)
        }
        return count
    }

    package func text(_ index: Int) -> ArraySlice<UInt8> {
        let record = records[index]
        return (record.isVerbatim ? source : texts)[range(record)]
    }

    /// Of a scalar's text, in bytes.
    func length(_ index: Int) -> Int { range(records[index]).count }

    private func range(_ record: Record) -> Range<Int> {
        record.isVerbatim ? record.words : ranges[Int(record.link)]
    }

    /// As `YAMLScalar.isNull`, without making a text of it; a tag says that it is something.
    func isNull(_ index: Int) -> Bool {
        guard case .scalar(.plain) = records[index].kind, tag(index) == nil else { return false }
        return switch length(index) {
        case 0: true
        case 1: reads(index, "~")
        case 4: reads(index, "null") || reads(index, "Null") || reads(index, "NULL")
        default: false
        }
    }

    package func tag(_ index: Int) -> String? { records[index].hasProperties ? properties[index]?.tag : nil }

    /// Whether a scalar, or the one behind an alias, reads so.
    package func reads(_ index: Int, _ words: String) -> Bool {
        var words = words
        return words.withUTF8 { reads(index, $0) }
    }

    private func reads(_ index: Int, _ words: UnsafeBufferPointer<UInt8>) -> Bool {
        let record = records[resolved(index)]
        guard record.isScalar else { return false }
        let range = range(record)
        guard range.count == words.count else { return false }
        return (record.isVerbatim ? source : texts).withUnsafeBufferPointer { bytes in
            for index in words.indices where bytes[range.lowerBound + index] != words[index] { return false }
            return true
        }
    }

    fileprivate func mentions(_ index: Int, _ word: String) -> Bool {
        guard records[index].isScalar else { return false }
        var word = word
        return word.withUTF8 { word in
            text(index).withUnsafeBufferPointer { text in
                guard text.count >= word.count else { return false }
                return (0...text.count - word.count).contains { start in
                    word.indices.allSatisfy { offset in
                        let byte = text[start + offset]
                        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                            ? byte - 0x20 == word[offset] : byte == word[offset]
                    }
                }
            }
        }
    }

    /// The key `name` of a mapping; its value stands at the key's `next`.
    package func key(_ name: String, in mapping: Int) -> Int? {
        var name = name
        return name.withUTF8 { name in
            source.withUnsafeBufferPointer { source in
                records.withUnsafeBufferPointer { records in
                    let end = records[mapping].next(mapping)
                    var key = mapping + 1
                    while key < end {
                        var record = records[key]
                        let value = record.next(key)
                        if case .alias = record.kind { record = records[Int(record.link)] }
                        if !record.isVerbatim {
                            if reads(key, name) { return key }
                        } else {
                            let words = record.words
                            if words.count == name.count,
                                words.isEmpty
                                    || memcmp(source.baseAddress! + words.lowerBound, name.baseAddress!, name.count)
                                        == 0
                            {
                                return key
                            }
                        }
                        key = records[value].next(value)
                    }
                    return nil
                }
            }
        }
    }
}
