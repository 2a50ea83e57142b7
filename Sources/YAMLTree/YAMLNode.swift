/// A document as a tree of values, each with its place.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping(YAMLMapping)
    }

    package var content: Content
    package var mark: YAMLMark
    /// In full, `nil` where none was written.
    package var tag: String?

    package init(_ content: Content, at mark: YAMLMark = .start, tag: String? = nil) {
        self.content = content
        self.mark = mark
        self.tag = tag
    }

    package var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    package var sequence: [YAMLNode]? {
        if case .sequence(let elements) = content { elements } else { nil }
    }

    package var mapping: YAMLMapping? {
        if case .mapping(let mapping) = content { mapping } else { nil }
    }

    /// The text of a scalar that is not null.
    package var text: String? {
        scalar.flatMap { $0.isNull && tag == nil ? nil : $0.text }
    }

    package subscript(key: String) -> YAMLNode? { mapping?[key] }

    package subscript(index: Int) -> YAMLNode? {
        guard let sequence, sequence.indices.contains(index) else { return nil }
        return sequence[index]
    }

    /// What this is, in words for a message: `a mapping`, `a quoted text` …
    package var kindInWords: String {
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
    package static func == (left: YAMLNode, right: YAMLNode) -> Bool {
        guard left.tag == right.tag else { return false }
        return switch (left.content, right.content) {
        case (.scalar(let a), .scalar(let b)): a == b
        case (.sequence(let a), .sequence(let b)): a == b
        case (.mapping(let a), .mapping(let b)): a == b
        default: false
        }
    }
}
