import YAMLTree

/// A value with the bytes it stands on. Aliases are not filled in, so a document never costs more than its own length.
final class SourceNode {
    struct Pair {
        let key: SourceNode
        /// The key's text, beside it because most of what is done here is looking for names.
        let name: String
        let value: SourceNode

        init(key: SourceNode, value: SourceNode) {
            self.key = key
            name = key.scalar?.text ?? ""
            self.value = value
        }
    }

    enum Content {
        case scalar(YAMLScalar)
        case sequence([SourceNode])
        case mapping([Pair])
        case alias(SourceNode)
    }

    let content: Content
    /// The first byte, properties (`&anchor`, `!tag`) included.
    let start: YAMLMark
    /// Behind the last byte of the value; behind the last line of a block scalar.
    let end: Int
    let isFlow: Bool
    let properties: YAMLProperties
    /// Whether an alias stands for this value elsewhere, so that a change here would be a change there.
    var isShared = false

    init(_ content: Content, start: YAMLMark, end: Int, isFlow: Bool, properties: YAMLProperties = .init()) {
        self.content = content
        self.start = start
        self.end = end
        self.isFlow = isFlow
        self.properties = properties
    }

    /// The value itself, behind an alias.
    var resolved: SourceNode {
        if case .alias(let target) = content { target } else { self }
    }

    var isAlias: Bool {
        if case .alias = content { true } else { false }
    }

    var pairs: [Pair]? {
        if case .mapping(let pairs) = resolved.content { pairs } else { nil }
    }

    var elements: [SourceNode]? {
        if case .sequence(let elements) = resolved.content { elements } else { nil }
    }

    var scalar: YAMLScalar? {
        if case .scalar(let scalar) = resolved.content { scalar } else { nil }
    }

    var isNull: Bool { scalar?.isNull == true && resolved.properties.tag == nil }

    /// The text of a scalar that is not null.
    var text: String? { isNull ? nil : scalar?.text }

    /// The pair that was written here, not one that came by a merge key.
    func ownPair(_ name: String) -> Pair? { pairs?.first { $0.name == name } }

    /// The value at `name`, also where a merge key brought it.
    subscript(name: String) -> SourceNode? { value(name, depth: 0) }

    private func value(_ name: String, depth: Int) -> SourceNode? {
        guard let pairs, depth < 16 else { return nil }
        if let pair = ownPair(name) { return pair.value }
        for pair in pairs where pair.name == "<<" && pair.key.scalar?.style == .plain {
            for source in pair.value.elements ?? [pair.value] {
                if let value = source.value(name, depth: depth + 1) { return value }
            }
        }
        return nil
    }

    func at(_ path: String...) -> SourceNode? {
        path.reduce(self as SourceNode?) { node, name in node?[name] }
    }
}
