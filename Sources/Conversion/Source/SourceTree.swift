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
    package var start: YAMLMark {
        YAMLMark(offset: Int(record.offset), line: Int(record.line), column: Int(record.column))
    }

    /// Behind the last byte of the value; behind the last line of a block scalar.
    package var end: Int { Int(record.end) }
    package var isFlow: Bool { record.isFlow }
    package var properties: YAMLProperties { record.hasProperties ? tree.properties[index] ?? .init() : .init() }
    /// Whether an alias stands for this value elsewhere, so that a change here would be a change there.
    package var isShared: Bool { record.isShared }
    package var isAlias: Bool { record.kind == .alias }

    /// The value itself, behind an alias.
    package var resolved: SourceNode { SourceNode(tree: tree, index: tree.resolved(index)) }

    // MARK: Scalars

    package var scalar: YAMLScalar? {
        let (index, record) = (tree.resolved(index), resolved.record)
        guard record.kind == .scalar else { return nil }
        return YAMLScalar(String(decoding: tree.text(index), as: UTF8.self), style: record.style)
    }

    package var isNull: Bool { tree.isNull(tree.resolved(index)) }

    /// The text of a scalar that is not null.
    package var text: String? {
        let index = tree.resolved(index)
        guard tree.records[index].kind == .scalar, !tree.isNull(index) else { return nil }
        return String(decoding: tree.text(index), as: UTF8.self)
    }

    /// Whether it is a scalar that reads so, without making a text of it.
    func reads(_ words: String) -> Bool { tree.reads(index, words) }

    // MARK: Collections

    package var isMapping: Bool { resolved.record.kind == .mapping }

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
        guard tree.records[list].kind == .sequence else { return nil }
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
    package subscript(name: String) -> SourceNode? { value(name, depth: 0) }

    private func value(_ name: String, depth: Int) -> SourceNode? {
        guard isMapping, depth < 16 else { return nil }
        if let key = tree.key(name, in: tree.resolved(index)) { return SourceNode(tree: tree, index: tree.next(key)) }
        // Nearly no document has any, and most names that are looked for are not there.
        guard tree.hasMergeKeys, let merged = ownPair("<<"), merged.key.scalar?.style == .plain else { return nil }
        for source in merged.value.elements ?? [merged.value] {
            if let value = source.value(name, depth: depth + 1) { return value }
        }
        return nil
    }

    package func at(_ path: String...) -> SourceNode? {
        path.reduce(self as SourceNode?) { node, name in node?[name] }
    }
}

/// The values of one document, side by side in the order they were written: a document is two blocks of memory, however
/// many values it has. What a collection holds stands behind it, up to its `next`; in a mapping keys and values take
/// turns.
package final class SourceTree: Sendable {
    package struct Record {
        enum Kind {
            case scalar, sequence, mapping, alias
        }

        var kind: Kind
        var style = YAMLScalar.Style.plain
        var isFlow = false
        /// Whether an alias stands for this value elsewhere.
        var isShared = false
        var hasProperties = false
        // Places and counts of a stream that `StreamConverter.limits` bounds fit 32 bits.
        var offset: UInt32
        var line: UInt32
        var column: UInt32
        var end: UInt32
        /// Behind all that is in here: where its neighbour stands.
        var next: UInt32 = 0
        /// A scalar's text, in `texts`.
        var textStart: UInt32 = 0
        var textEnd: UInt32 = 0
        /// What an alias stands for.
        var target: UInt32 = 0
    }

    package let records: [Record]
    package let texts: [UInt8]
    package let properties: [Int: YAMLProperties]
    /// Whether a value reads `<<`, so that mappings may have more than was written in them.
    let hasMergeKeys: Bool

    package init(_ records: [Record], texts: [UInt8], properties: [Int: YAMLProperties], hasMergeKeys: Bool) {
        self.hasMergeKeys = hasMergeKeys
        self.records = records
        self.texts = texts
        self.properties = properties
    }

    /// The value itself, behind an alias.
    package func resolved(_ index: Int) -> Int {
        records[index].kind == .alias ? Int(records[index].target) : index
    }

    /// Where the value behind this one stands.
    package func next(_ index: Int) -> Int { Int(records[index].next) }

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
        texts[Int(records[index].textStart)..<Int(records[index].textEnd)]
    }

    /// As `YAMLScalar.isNull`, without making a text of it; a tag says that it is something.
    func isNull(_ index: Int) -> Bool {
        let record = records[index]
        guard record.kind == .scalar, record.style == .plain, tag(index) == nil else { return false }
        switch record.textEnd - record.textStart {
        case 0: return true
        case 1: return texts[Int(record.textStart)] == UInt8(ascii: "~")
        case 4: return ["null", "Null", "NULL"].contains { reads(index, $0) }
        default: return false
        }
    }

    package func tag(_ index: Int) -> String? { records[index].hasProperties ? properties[index]?.tag : nil }

    /// Whether a scalar, or the one behind an alias, reads so.
    package func reads(_ index: Int, _ words: String) -> Bool {
        let record = records[resolved(index)]
        guard record.kind == .scalar, Int(record.textEnd - record.textStart) == words.utf8.count else { return false }
        var words = words
        return words.withUTF8 { isText(of: record, $0) }
    }

    /// Whether a text of the same length is a record's.
    private func isText(of record: Record, _ words: UnsafeBufferPointer<UInt8>) -> Bool {
        texts.withUnsafeBufferPointer { texts in
            let start = Int(record.textStart)
            for index in words.indices where texts[start + index] != words[index] { return false }
            return true
        }
    }

    /// The key `name` of a mapping; its value stands at the key's `next`.
    package func key(_ name: String, in mapping: Int) -> Int? {
        var name = name
        return name.withUTF8 { name in
            var key = mapping + 1
            while key < next(mapping) {
                let record = records[resolved(key)]
                if Int(record.textEnd - record.textStart) == name.count, isText(of: record, name) { return key }
                key = next(next(key))
            }
            return nil
        }
    }
}
