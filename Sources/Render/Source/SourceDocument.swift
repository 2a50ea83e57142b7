/// One document of a stream.
struct SourceDocument {
    let root: SourceNode
    /// From its first directive or `---` to its `...`, or to where the next one starts.
    let range: Range<Int>
}
