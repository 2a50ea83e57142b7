import Basics

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
        case .scalar(let scalar): Self.inWords(scalar.text)
        }
    }

    /// Of a text that is not plain: what may be wrong with it as a text.
    private static func inWords(_ text: String) -> String {
        let controls = text.utf8.filter { $0 < 0x20 || $0 == 0x7F }
        if controls.contains(UInt8(ascii: "\n")) { return "a text with a line break in it" }
        if !controls.isEmpty { return "a text with a control character in it" }
        return text.isEmpty ? "an empty text" : "a quoted text"
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

extension YAMLNode {
    /// The one document of a YAML or JSON text. An empty text is a null scalar; a second document is an error.
    ///
    /// A text that is JSON is read as JSON, because YAML 1.1 parsers refuse some of it (surrogate pairs, long keys).
    package init(parsing bytes: [UInt8], limits: YAMLLimits = .init()) throws(YAMLError) {
        let text = try YAMLText(bytes, limit: limits.bytes)
        if let json = try JSONReader.node(text, limits: limits) {
            self = json
            return
        }
        var composer = YAMLComposer(YAMLEventReader(text), limits: limits)
        guard let first = try composer.document() else {
            self.init(.scalar(YAMLScalar("")))
            return
        }
        if let second = try composer.document() {
            throw YAMLError(at: second.mark, "expected one document, found a second")
        }
        self = first
    }

    package init(parsing text: String, limits: YAMLLimits = .init()) throws(YAMLError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// The one value of a JSON text (RFC 8259), an object or an array; what is only YAML is refused.
    package init(json bytes: [UInt8], limits: YAMLLimits = .init()) throws(YAMLError) {
        guard let node = try JSONReader.node(try YAMLText(bytes, limit: limits.bytes), limits: limits) else {
            throw YAMLError(at: .start, "this is not JSON")
        }
        self = node
    }

    /// All documents of a YAML text, in order. The limits hold for each document; `limits.bytes` for the whole.
    package static func documents(in bytes: [UInt8], limits: YAMLLimits = .init()) throws(YAMLError) -> [YAMLNode] {
        var composer = YAMLComposer(try YAMLEventReader(bytes, limits: limits), limits: limits)
        var documents: [YAMLNode] = []
        while let document = try composer.document() { documents.append(document) }
        return documents
    }
}
