import Basics

/// Draws timelines: a label beside a row of bars, all rows over the same time.
struct TrackDrawing {
    /// Milliseconds since 1970.
    let span: Range<Int64>

    func position(_ time: Int64) -> Double {
        Double(min(max(time, span.lowerBound), span.upperBound) - span.lowerBound) / Double(span.count)
    }

    /// From the beginning, at round durations: at most eight of them.
    var ticks: [Int64] {
        let steps: [Int64] = [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
            600_000,
            900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000,
            604_800_000,
        ]
        let length = Int64(span.count)
        let step = steps.first { length / $0 <= 8 } ?? max(1, length / 8)
        return Array(stride(from: 0, through: length, by: Int(step))).map { Int64($0) }
    }

    var axis: String {
        var svg = ""
        let ticks = ticks
        for tick in ticks {
            let place = Double(tick) / Double(span.count)
            // The last may not fit to its right.
            let anchor = place > 0.93 ? "end" : place == 0 ? "start" : "middle"
            svg +=
                "<text x=\"\(HTML.percent(place))\" y=\"13\" text-anchor=\"\(anchor)\">\(Words.duration(tick))</text>"
        }
        return "<div class=\"row axis\"><span></span><svg aria-hidden=\"true\">\(svg)</svg></div>\n"
    }

    func row(_ track: Track) -> String {
        let height = track.isMinor ? 11 : 18
        var svg = "<rect class=\"bed\" width=\"100%\" height=\"\(height)\" y=\"\(track.isMinor ? 1 : 3)\"/>"
        for bar in track.bars { svg += draw(bar, height, y: track.isMinor ? 1 : 3) }
        for mark in track.marks {
            svg +=
                "<circle class=\"bar \(mark.kind.rawValue)\" cx=\"\(HTML.percent(position(mark.time)))\" cy=\"12\" r=\"5\">"
                + "<title>\(HTML.text(mark.label))</title></circle>"
        }
        let told =
            ([track.label, track.note] + track.bars.prefix(12).map(\.label) + track.marks.prefix(30).map(\.label))
            .filter { !$0.isEmpty }
        return "<div class=\"row\(track.isMinor ? " minor" : "")\"><span title=\"\(HTML.text(track.label))\">"
            + "\(HTML.text(track.label))</span><svg role=\"img\" aria-label=\"\(HTML.text(told.joined(separator: "; "), limit: 1500))\">"
            + "\(svg)</svg></div>\n"
    }

    private func draw(_ bar: Track.Bar, _ height: Int, y: Int) -> String {
        let from = position(bar.start)
        let width = position(bar.end) - from
        // However short, it is seen: half a thousandth at least.
        let shown = max(width, 0.0015)
        return "<rect class=\"bar \(bar.kind.rawValue)\" x=\"\(HTML.percent(min(from, 1 - 0.0015)))\" y=\"\(y)\" "
            + "width=\"\(HTML.percent(shown))\" height=\"\(height)\" rx=\"2\"><title>\(HTML.text(bar.label))</title></rect>"
    }

    func timeline(_ tracks: [Track]) -> String {
        tracks.isEmpty ? "" : axis + tracks.map(row).joined()
    }

    /// Which colour means what, of those that occur.
    static func keys(_ tracks: [Track]) -> String {
        let kinds = Set(tracks.flatMap { $0.bars.map(\.kind) + $0.marks.map(\.kind) })
        let words: [(Track.Bar.Kind, String)] = [
            (.work, "works"), (.wait, "waits"), (.main, "main runs"), (.good, "ended well"), (.bad, "failed"),
            (.killed, "killed, or tried again"), (.other, "other"),
        ]
        let shown = words.filter { kinds.contains($0.0) }.map { "<span><i class=\"\($0.rawValue)\"></i>\($1)</span>" }
        return "<div class=\"keys\">\(shown.joined())</div>\n"
    }
}
