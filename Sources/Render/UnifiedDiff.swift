/// The differences of two texts in the unified format, three lines of context.
package enum UnifiedDiff {
    private static let context = 3

    package static func text(_ old: [UInt8], _ new: [UInt8], name: String, coloured: Bool) -> [UInt8] {
        let before = lines(old)
        let after = lines(new)
        let difference = after.difference(from: before)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var output = Array("--- \(name)\n+++ \(name)\n".utf8)
        for hunk in hunks(rows(before.count, after.count, removed, inserted)) {
            let olds = hunk.filter { $0.new == nil || $0.old != nil }.compactMap(\.old)
            let news = hunk.filter { $0.old == nil || $0.new != nil }.compactMap(\.new)
            append(
                "@@ -\(span(olds, hunk.first?.oldStart ?? 0)) +\(span(news, hunk.first?.newStart ?? 0)) @@",
                coloured ? "36" : nil, to: &output)
            for row in hunk {
                let (sign, line, colour): (String, ArraySlice<UInt8>, String?) =
                    switch (row.old, row.new) {
                    case (let old?, nil): ("-", before[old], "31")
                    case (_, let new?) where row.old == nil: ("+", after[new], "32")
                    default: (" ", before[row.old ?? 0], nil)
                    }
                append(sign + String(decoding: line, as: UTF8.self), coloured ? colour : nil, to: &output)
            }
        }
        return output
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

    private static func lines(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func append(_ line: String, _ colour: String?, to output: inout [UInt8]) {
        output += (colour.map { "\u{1B}[\($0)m\(line)\u{1B}[0m\n" } ?? "\(line)\n").utf8
    }
}
