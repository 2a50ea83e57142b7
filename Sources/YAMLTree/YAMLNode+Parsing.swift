import Basics

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
