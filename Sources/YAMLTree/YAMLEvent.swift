/// One step of a document as it is read, with the bytes it stands on. The places are exact, so that a reader who wants
/// to keep everything else (comments, quoting, order) can cut the text by them.
///
/// An event is a few numbers: its words stand in the reader's `texts`, so that a long stream costs no allocation a value.
package struct YAMLEvent: Sendable, Equatable {
    package enum Kind: Sendable {
        case documentStart, documentEnd, alias, scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    package var kind: Kind
    /// The first byte, properties included.
    package var start: YAMLMark
    /// Behind the last byte. A block collection ends where the parser knew that it had ended, which can be some lines
    /// after its last value; what follows the last value is not part of it.
    package var end: YAMLMark
    /// Of a document's start or end: `---` or `...` was written.
    package var isExplicit = false
    /// Of a collection: it is written with brackets or braces.
    package var isFlow = false
    /// Of a scalar.
    package var style = YAMLScalar.Style.plain
    /// A scalar's value (quotes removed, escapes and folding resolved), or an alias's name.
    package var text = 0..<0
    /// Of `&anchor`; empty where none was written.
    package var anchor = 0..<0
    /// Of `!tag`, in full; empty where none was written.
    package var tag = 0..<0

    package var hasProperties: Bool { !anchor.isEmpty || !tag.isEmpty }
}

/// What may stand before a node: `&anchor` and `!tag`.
package struct YAMLProperties: Sendable, Hashable {
    package var anchor: String?
    /// In full: `tag:yaml.org,2002:str` for `!!str`, `!local` for a local one.
    package var tag: String?

    package init(anchor: String? = nil, tag: String? = nil) {
        self.anchor = anchor
        self.tag = tag
    }
}
