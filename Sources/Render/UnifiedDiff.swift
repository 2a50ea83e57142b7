/// The differences of two texts in the unified format, three lines of context, as `patch -p1` and `git apply` take it. Lines
/// are bytes: what is no UTF-8 or ends with `\r` stays so.
package enum UnifiedDiff {
    private static let context = 3

    package static func text(_ old: [UInt8], _ new: [UInt8], name: String, coloured: Bool) -> [UInt8] {
        let before = lines(old)
        let after = lines(new)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference(before, after) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var output = Array("--- \(label("a", name))\n+++ \(label("b", name))\n".utf8)
        for hunk in hunks(rows(before.count, after.count, removed, inserted)) {
            let olds = hunk.filter { $0.new == nil || $0.old != nil }.compactMap(\.old)
            let news = hunk.filter { $0.old == nil || $0.new != nil }.compactMap(\.new)
            let head = "@@ -\(span(olds, hunk.first?.oldStart ?? 0)) +\(span(news, hunk.first?.newStart ?? 0)) @@"
            append("", Array(head.utf8)[...], coloured ? "36" : nil, to: &output)
            for row in hunk {
                let (sign, line, colour): (String, ArraySlice<UInt8>, String?) =
                    switch (row.old, row.new) {
                    case (let old?, nil): ("-", before[old], "31")
                    case (_, let new?) where row.old == nil: ("+", after[new], "32")
                    default: (" ", before[row.old ?? 0], nil)
                    }
                append(sign, line, coloured ? colour : nil, to: &output)
            }
        }
        return output
    }

    /// As git writes names: behind `a/` or `b/`, quoted where they hold what ends a line, with a tab where they hold a space.
    private static func label(_ side: String, _ name: String) -> String {
        let path = "\(side)/\(name.drop { $0 == "/" })"
        guard path.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            return path.contains(" ") ? path + "\t" : path
        }
        let quoted = path.utf8.map { byte -> String in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): return "\\" + String(UnicodeScalar(byte))
            case 0x20..<0x7F: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 8)
                return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return "\"\(quoted.joined())\""
    }

    /// What both begin and end with costs nothing.
    private static func difference(
        _ before: [ArraySlice<UInt8>], _ after: [ArraySlice<UInt8>]
    ) -> [CollectionDifference<ArraySlice<UInt8>>.Change] {
        let least = min(before.count, after.count)
        var head = 0
        while head < least, before[head] == after[head] { head += 1 }
        var tail = 0
        while tail < least - head, before[before.count - 1 - tail] == after[after.count - 1 - tail] { tail += 1 }
        let inner = after[head..<after.count - tail].difference(from: before[head..<before.count - tail])
        return inner.map { change in
            switch change {
            case .remove(let offset, let line, _): .remove(offset: offset + head, element: line, associatedWith: nil)
            case .insert(let offset, let line, _): .insert(offset: offset + head, element: line, associatedWith: nil)
            }
        }
    }

    private struct Row {
        var old: Int?
        var new: Int?
        /// The lines before this row on either side.
        var oldStart: Int
        var newStart: Int
    }

    private static func rows(_ olds: Int, _ news: Int, _ removed: Set<Int>, _ inserted: Set<Int>) -> [Row] {
        var rows: [Row] = []
        var old = 0
        var new = 0
        while old < olds || new < news {
            if removed.contains(old) {
                rows.append(Row(old: old, new: nil, oldStart: old, newStart: new))
                old += 1
            } else if inserted.contains(new) {
                rows.append(Row(old: nil, new: new, oldStart: old, newStart: new))
                new += 1
            } else {
                rows.append(Row(old: old, new: new, oldStart: old, newStart: new))
                old += 1
                new += 1
            }
        }
        return rows
    }

    private static func hunks(_ rows: [Row]) -> [ArraySlice<Row>] {
        var ranges: [Range<Int>] = []
        for (index, row) in rows.enumerated() where row.old == nil || row.new == nil {
            let range = max(0, index - context)..<min(rows.count, index + context + 1)
            if let last = ranges.last, last.upperBound >= range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges.map { rows[$0] }
    }

    private static func span(_ lines: [Int], _ start: Int) -> String {
        lines.isEmpty ? "\(start),0" : "\(lines[0] + 1),\(lines.count)"
    }

    /// Each with its line break: the last one may have none.
    private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (offset, byte) in text.enumerated() where byte == 0x0A {
            lines.append(text[start...offset])
            start = offset + 1
        }
        if start < text.count { lines.append(text[start...]) }
        return lines
    }

    private static func append(
        _ sign: String, _ line: ArraySlice<UInt8>, _ colour: String?, to output: inout [UInt8]
    ) {
        let isWhole = sign.isEmpty || line.last == 0x0A
        if let colour { output += "\u{1B}[\(colour)m".utf8 }
        output += sign.utf8
        output += line.last == 0x0A ? line.dropLast() : line
        if colour != nil { output += "\u{1B}[0m".utf8 }
        output.append(0x0A)
        if !isWhole { output += "\\ No newline at end of file\n".utf8 }
    }
}
