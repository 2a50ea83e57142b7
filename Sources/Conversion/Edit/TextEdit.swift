/// Bytes of a text to be replaced by others.
package struct TextEdit {
    package var range: Range<Int>
    package var replacement: [UInt8]

    /// Applies edits to the part `bounds` of a text; `nil` where two of them overlap. Edits at one place keep their order.
    package static func apply(_ edits: [TextEdit], to text: [UInt8], in bounds: Range<Int>) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(bounds.count + edits.reduce(0) { $0 + $1.replacement.count })
        var position = bounds.lowerBound
        let ordered = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.element.range.isEmpty ? 0 : 1, $0.offset)
                < ($1.element.range.lowerBound, $1.element.range.isEmpty ? 0 : 1, $1.offset)
        }
        for edit in ordered.lazy.map(\.element) {
            guard edit.range.lowerBound >= position, edit.range.upperBound <= bounds.upperBound else { return nil }
            result += text[position..<edit.range.lowerBound]
            result += edit.replacement
            position = edit.range.upperBound
        }
        result += text[position..<bounds.upperBound]
        return result
    }
}
