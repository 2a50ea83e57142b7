package import YAMLTree

/// A value with the bytes it stands on. Aliases are not filled in, so a document never costs more than its own length.
package struct SourceNode {
    package struct Pair {
        let key: SourceNode
        let value: SourceNode

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

    package var isNull: Bool { scalar.map { $0.isNull && !hasTag } ?? false }

    /// The text of a scalar that is not null.
    package var text: String? { scalar.flatMap { $0.isNull && !hasTag ? nil : $0.text } }

    private var hasTag: Bool { resolved.record.hasProperties && resolved.properties.tag != nil }

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
        guard let merged = ownPair("<<"), merged.key.scalar?.style == .plain else { return nil }
        for source in merged.value.elements ?? [merged.value] {
            if let value = source.value(name, depth: depth + 1) { return value }
        }
        return nil
    }

    package func at(_ path: String...) -> SourceNode? {
        path.reduce(self as SourceNode?) { node, name in node?[name] }
    }
}
