/// One step of a document as it is read, with the bytes it stands on. The places are exact, so that a reader who wants
/// to keep everything else (comments, quoting, order) can cut the text by them.
public struct YAMLEvent: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// `explicit`: a `---` was written.
        case documentStart(explicit: Bool)
        /// `explicit`: a `...` was written.
        case documentEnd(explicit: Bool)
        case alias(String)
        case scalar(YAMLScalar, YAMLProperties)
        case sequenceStart(YAMLProperties, flow: Bool)
        case sequenceEnd
        case mappingStart(YAMLProperties, flow: Bool)
        case mappingEnd
    }

    public var kind: Kind
    /// The first byte, properties included.
    public var start: YAMLMark
    /// Behind the last byte. A block collection ends where the parser knew that it had ended, which can be some lines
    /// after its last value; what follows the last value is not part of it.
    public var end: YAMLMark

    public init(_ kind: Kind, start: YAMLMark, end: YAMLMark) {
        self.kind = kind
        self.start = start
        self.end = end
    }
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
