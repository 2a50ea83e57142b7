/// Bytes of a text that are to be replaced by others. The others lie in one block of memory: of a large document thousands of
/// containers move, each of which may be small.
package struct TextEdits: Sendable {
    /// Where a text lies that `keep` was given.
    package typealias Kept = Range<UInt32>

    // Places of a stream that `StreamConverter.limits` bounds fit 32 bits.
    private struct Edit {
        let range: Range<UInt32>
        var replacement: Kept

        /// What is inserted somewhere comes before what is replaced there.
        var place: (UInt32, Int) { (range.lowerBound, range.isEmpty ? 0 : 1) }
    }

    private var edits: [Edit] = []
    private var texts: [UInt8] = []

    package init() {}

    package var isEmpty: Bool { edits.isEmpty }

    /// Makes room for a text of that length: what is not used of it costs nothing.
    mutating func reserve(_ length: Int) { texts.reserveCapacity(texts.count + length) }

    /// Keeps a text, for one edit or for several.
    mutating func keep(_ text: some Sequence<UInt8>) -> Kept {
        let start = texts.count
        texts += text
        return UInt32(start)..<UInt32(texts.count)
    }

    package mutating func replace(_ range: Range<Int>, by text: some Sequence<UInt8>) {
        replace(range, by: keep(text))
    }

    package mutating func replace(_ range: Range<Int>, by text: Kept) {
        let range = UInt32(range.lowerBound)..<UInt32(range.upperBound)
        if let last = edits.indices.last, range.isEmpty, edits[last].range == range,
            edits[last].replacement.upperBound == text.lowerBound
        {
            edits[last].replacement = edits[last].replacement.lowerBound..<text.upperBound
        } else {
            edits.append(Edit(range: range, replacement: text))
        }
    }

    mutating func add(_ other: TextEdits) {
        guard !isEmpty else {
            self = other
            return
        }
        let start = UInt32(texts.count)
        texts += other.texts
        edits += other.edits.map { edit in
            let (first, last) = (edit.replacement.lowerBound, edit.replacement.upperBound)
            return Edit(range: edit.range, replacement: start + first..<start + last)
        }
    }

    /// Applies the edits to the part `bounds` of a text; `nil` where two of them overlap. Edits at one place keep their order.
    package func applied(to text: [UInt8], in bounds: Range<Int>) -> [UInt8]? {
        var result: [UInt8] = []
        let length = edits.reduce(bounds.count) { $0 + $1.replacement.count - $1.range.count }
        result.reserveCapacity(max(length, 0))
        var position = bounds.lowerBound
        let isOrdered = zip(edits, edits.dropFirst()).allSatisfy { $0.place <= $1.place }
        // Swift's sort is stable.
        for edit in isOrdered ? edits : edits.sorted(by: { $0.place < $1.place }) {
            guard edit.range.lowerBound >= position, edit.range.upperBound <= bounds.upperBound else { return nil }
            result += text[position..<Int(edit.range.lowerBound)]
            result += texts[Int(edit.replacement.lowerBound)..<Int(edit.replacement.upperBound)]
            position = Int(edit.range.upperBound)
        }
        result += text[position..<bounds.upperBound]
        return result
    }
}
