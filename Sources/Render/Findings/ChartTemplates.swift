import Conversion

/// Which templates of a chart the documents of a stream were rendered from. Helm writes `# Source: chart/templates/job.yaml`
/// above each; Helm 4 gives post-renderers an annotation in its place.
package struct ChartTemplates {
    private static let comment = "# Source: "
    private static let annotation = "postrenderer.helm.sh/postrender-filename:"

    private let text: SourceText
    /// The document that was asked about last: the next finding is often of the same.
    private var last: (bytes: Range<Int>, template: String?) = (0..<0, nil)

    /// `nil` where the stream names none.
    package init?(_ bytes: [UInt8]) {
        guard [Self.comment, Self.annotation].contains(where: { bytes.firstOffset(of: $0) != nil }) else { return nil }
        text = SourceText(bytes: bytes)
    }

    /// The one of the document in which a byte stands.
    package mutating func template(of offset: Int) -> String? {
        if !last.bytes.contains(offset) { last = document(around: min(offset, text.bytes.count)) }
        return last.template
    }

    private func document(around offset: Int) -> (bytes: Range<Int>, template: String?) {
        var start = text.lineStart(offset)
        while start > 0, !startsLine(start, "---") { start = text.lineStart(start - 1) }
        var end = text.lineEnd(offset)
        while end < text.bytes.count, !startsLine(end, "---") { end = text.lineEnd(end) }
        var annotated: String?
        var line = start
        while line < end {
            if startsLine(line, Self.comment) { return (start..<end, path(line + Self.comment.utf8.count)) }
            let next = text.lineEnd(line)
            if annotated == nil, let found = Array(text.bytes[line..<next]).firstOffset(of: Self.annotation) {
                annotated = path(line + found + Self.annotation.utf8.count, isValue: true)
            }
            line = next
        }
        return (start..<end, annotated)
    }

    private func startsLine(_ start: Int, _ words: String) -> Bool { text.bytes[start...].starts(with: words.utf8) }

    /// The rest of a line; of a value in quotes or braces, what it says.
    private func path(_ start: Int, isValue: Bool = false) -> String? {
        var rest = text.bytes[start..<text.lineEnd(start)].drop { $0 == 0x20 }
        if isValue, let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            rest = rest.dropFirst().prefix { $0 != quote }
        } else if isValue {
            rest = rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        }
        while let last = rest.last, last == 0x20 || last == 0x0A || last == 0x0D { rest.removeLast() }
        return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
    }
}
