/// A document as a tree of values, each with its place.
public struct YAMLNode: Sendable {
    public enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping(YAMLMapping)
    }

    public var content: Content
    public var mark: YAMLMark
    /// In full, `nil` where none was written.
    public var tag: String?

    public init(_ content: Content, at mark: YAMLMark = .start, tag: String? = nil) {
        self.content = content
        self.mark = mark
        self.tag = tag
    }

    public var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    public var sequence: [YAMLNode]? {
        if case .sequence(let elements) = content { elements } else { nil }
    }

    public var mapping: YAMLMapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    /// The text of a scalar that is not null.
    public var text: String? {
        scalar.flatMap { $0.isNull && tag == nil ? nil : $0.text }
    }

    public subscript(key: String) -> YAMLNode? { mapping?[key] }

    public subscript(index: Int) -> YAMLNode? {
        guard let sequence, sequence.indices.contains(index) else { return nil }
        return sequence[index]
    }

    /// What this is, in words for a message: `a mapping`, `a quoted text` …
    public var kindInWords: String {
        switch content {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar(let scalar) where scalar.isNull: "nothing"
        case .scalar(let scalar) where scalar.style == .plain: "\u{201C}\(scalar.text.prefix(60))\u{201D}"
        case .scalar(let scalar): scalar.text.isEmpty ? "an empty text" : "a quoted text"
        }
    }
}

extension YAMLNode: Equatable {
    /// Equal values; places do not count.
    public static func == (left: YAMLNode, right: YAMLNode) -> Bool {
        guard left.tag == right.tag else { return false }
        return switch (left.content, right.content) {
        case (.scalar(let a), .scalar(let b)): a == b
        case (.sequence(let a), .sequence(let b)): a == b
        case (.mapping(let a), .mapping(let b)): a == b
        default: false
        }
    }
}
