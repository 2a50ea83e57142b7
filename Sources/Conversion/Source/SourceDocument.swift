/// One document of a stream.
package struct SourceDocument {
    package let root: SourceNode
    /// From its first directive or `---` to its `...`, or to where the next one starts.
    package let range: Range<Int>
}
