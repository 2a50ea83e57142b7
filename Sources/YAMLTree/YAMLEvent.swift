/// One step of a document as it is read, with the bytes it stands on. The places are exact, so that a reader who wants
/// to keep everything else (comments, quoting, order) can cut the text by them.
///
/// An event is a few numbers: its words stand in the reader's `texts`, so that a long stream costs no allocation a value.
public struct YAMLEvent: Sendable, Equatable {
    public enum Kind: Sendable {
        case documentStart, documentEnd, alias, scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    public var kind: Kind
    /// The first byte, properties included.
    public var start: YAMLMark
    /// Behind the last byte. A block collection ends where the parser knew that it had ended, which can be some lines
    /// after its last value; what follows the last value is not part of it.
    public var end: YAMLMark
    /// Of a document's start or end: `---` or `...` was written.
    public var isExplicit = false
    /// Of a collection: it is written with brackets or braces.
    public var isFlow = false
    /// Of a scalar.
    public var style = YAMLScalar.Style.plain
    /// A scalar's value (quotes removed, escapes and folding resolved), or an alias's name.
    public var text = 0..<0
    /// Of `&anchor`; empty where none was written.
    public var anchor = 0..<0
    /// Of `!tag`, in full; empty where none was written.
    public var tag = 0..<0

    public var hasProperties: Bool { !anchor.isEmpty || !tag.isEmpty }
}

/// What may stand before a node: `&anchor` and `!tag`.
public struct YAMLProperties: Sendable, Hashable {
    public var anchor: String?
    /// In full: `tag:yaml.org,2002:str` for `!!str`, `!local` for a local one.
    public var tag: String?

    public init(anchor: String? = nil, tag: String? = nil) {
        self.anchor = anchor
        self.tag = tag
    }
}
