import Basics
import WorkdirProtocol

/// Draws what was used over the step's time: lines with bands from least to most, limits and requests as rules, the phases
/// behind, and a table behind it all.
struct PlotDrawing {
    struct Line {
        var label: String
        var usage: RecordedUsage
        var series: RecordedSeries
    }

    struct Rule {
        var label: String
        var value: Double
        var isRequest = false
    }

    let title: String
    let record: StepRecord
    let lines: [Line]
    var rules: [Rule] = []
    let print: (Double) -> String

    private static let tableRows = 60

    init(
        _ title: String, _ record: StepRecord, _ lines: [Line?], rules: [Rule] = [], print: @escaping (Double) -> String
    ) {
        self.title = title
        self.record = record
        self.lines = lines.compactMap { $0 }
        self.rules = rules.filter { $0.value > 0 }
        self.print = print
    }

    var html: String {
        guard let first = lines.first, let peak = lines.compactMap(\.series.peak).max() else { return "" }
        let drawing = TrackDrawing(span: record.span)
        // A limit far above would press the lines flat.
        let near = rules.filter { $0.value <= max(peak, 1e-9) * 8 }
        let top = max(peak, near.map(\.value).max() ?? 0) * 1.08
        let scale = top > 0 ? top : 1
        var svg = phases(drawing)
        for fraction in [0.5, 1 / 1.08] {
            let y = HTML.percent(1 - fraction)
            svg += "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>"
        }
        svg += "<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">"
        for (index, line) in lines.enumerated() { svg += paths(line, "k\(index % 4 + 1)", scale, drawing) }
        svg += "</svg>"
        for rule in near {
            let y = HTML.percent(1 - rule.value / scale)
            svg += "<line class=\"rule\(rule.isRequest ? " ask" : "")\" x1=\"0\" x2=\"100%\" y1=\"\(y)\" y2=\"\(y)\"/>"
            svg +=
                "<text x=\"99.5%\" y=\"\(y)\" dy=\"\(rule.value / scale > 0.85 ? "12" : "-4")\" text-anchor=\"end\">"
                + "\(HTML.text("\(rule.label) \(print(rule.value))"))</text>"
        }
        svg += "<text x=\"4\" y=\"\(HTML.percent(1 - 1 / 1.08))\" dy=\"12\">\(HTML.text(print(scale / 1.08)))</text>"
        svg += "<text x=\"4\" y=\"99%\">0</text>"
        svg += "<line class=\"at\" y1=\"0\" y2=\"100%\" visibility=\"hidden\"/>"
        let keys = lines.enumerated().map { index, line in
            "<span><i class=\"k\(index % 4 + 1)\"></i>\(HTML.text(line.label)), peak \(HTML.text(print(line.series.peak ?? 0)))</span>"
        }
        let far = rules.filter { $0.value > max(peak, 1e-9) * 8 }.map {
            "<span>\(HTML.text("\($0.label) \(print($0.value)), far above"))</span>"
        }
        let told =
            lines.map { "\($0.label) up to \(print($0.series.peak ?? 0))" }
            + rules.map { "\($0.label) \(print($0.value))" }
        return "<figure><figcaption>\(HTML.text(title))</figcaption><div class=\"keys\">\((keys + far).joined())</div>"
            + "<svg class=\"plot\" tabindex=\"0\" role=\"img\" aria-label=\"\(HTML.text("\(title): " + told.joined(separator: ", ")))\">"
            + "\(svg)</svg>\n<svg height=\"16\" aria-hidden=\"true\">\(drawing.scale(y: 12))</svg>\n<output></output><details><summary>Table: \(HTML.text(title))</summary>\n"
            + "\(table(first, drawing))</details></figure>\n"
    }

    private func phases(_ drawing: TrackDrawing) -> String {
        record.phases.map { phase in
            let from = drawing.position(phase.start?.milliseconds ?? 0)
            let to = drawing.position(phase.end?.milliseconds ?? drawing.span.upperBound)
            return
                "<rect class=\"ph \(phase.kind.rawValue)\" x=\"\(HTML.percent(from))\" width=\"\(HTML.percent(to - from))\" "
                + "height=\"100%\"><title>\(HTML.text(phase.words))</title></rect>"
        }.joined()
    }

    /// The time in the middle of each piece.
    private static func time(_ index: Int, _ usage: RecordedUsage) -> Int64 {
        let every = max(1, usage.every ?? 1)
        let (offset, overflow) = every.multipliedReportingOverflow(by: Int64(index))
        return (usage.start?.milliseconds ?? 0) &+ (overflow ? 0 : offset) &+ every / 2
    }

    private func paths(_ line: Line, _ key: String, _ scale: Double, _ drawing: TrackDrawing) -> String {
        func y(_ value: Double) -> Int { 1000 - Int((value / scale * 1000).clamped) }
        var mean = ""
        var bands = ""
        var run: [(x: Int, low: Int, high: Int)] = []
        func closeBand() {
            if run.contains(where: { $0.low != $0.high }) {
                bands += "M" + run.map { "\($0.x) \($0.high)" }.joined(separator: "L")
                bands += "L" + run.reversed().map { "\($0.x) \($0.low)" }.joined(separator: "L") + "Z"
            }
            run = []
        }
        for (index, value) in line.series.mean.enumerated() {
            guard let value else {
                closeBand()
                continue
            }
            let x = Int(drawing.position(Self.time(index, line.usage)) * 1000)
            // Alone it would be a point that nobody sees.
            mean += run.isEmpty ? "M\(max(0, x - 2)) \(y(value))L\(x) \(y(value))" : "L\(x) \(y(value))"
            let (low, high) = (line.series.lowest, line.series.highest)
            run.append(
                (
                    x, y((index < low.count ? low[index] : nil) ?? value),
                    y((index < high.count ? high[index] : nil) ?? value)
                ))
        }
        closeBand()
        let band = bands.isEmpty ? "" : "<path class=\"band \(key)\" d=\"\(bands)\"/>"
        return band + "<path class=\"\(key)\" d=\"\(mean)\"/>"
    }

    /// Fewer rows than pieces, each with the most of what it stands for.
    private func table(_ first: Line, _ drawing: TrackDrawing) -> String {
        let count = lines.map(\.series.mean.count).max() ?? 0
        let step = max(1, (count + Self.tableRows - 1) / Self.tableRows)
        var html =
            "<div class=\"scroll\"><table><caption>The most of each \(Words.duration((first.usage.every ?? 0) * Int64(step)))</caption>"
        html += "<thead><tr><th scope=\"col\">at</th>"
        html += lines.map { "<th scope=\"col\">\(HTML.text($0.label))</th>" }.joined() + "</tr></thead><tbody>\n"
        for start in stride(from: 0, to: count, by: step) {
            let time = Self.time(start + step / 2, first.usage)
            html +=
                "<tr data-x=\"\(Int(drawing.position(time) * 1000))\"><td>\(Words.duration(time - drawing.span.lowerBound))</td>"
            for line in lines {
                let piece = line.series.highest.dropFirst(start).prefix(step).compactMap { $0 }
                html += "<td class=\"n\">\(piece.max().map { HTML.text(print($0)) } ?? "")</td>"
            }
            html += "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }
}

extension StepRecord {
    /// CPU, memory, I/O and pressure, as far as they were sampled.
    var plots: [PlotDrawing] {
        let main = usage.first { $0.container == "main" }
        let agent = usage.first { $0.container == "agent" }
        func line(_ usage: RecordedUsage?, _ metric: UsageMetric, _ label: String) -> PlotDrawing.Line? {
            guard let usage, let series = usage.series(metric), series.peak != nil else { return nil }
            return PlotDrawing.Line(label: label, usage: usage, series: series)
        }
        let (asked, allowed) = (container(named: "main")?.requests, container(named: "main")?.limits)
        func rules(_ request: Int64?, _ limit: Int64?, _ unit: Double) -> [PlotDrawing.Rule] {
            [
                request.map { .init(label: "request", value: Double($0) / unit, isRequest: true) },
                limit.map { .init(label: "limit", value: Double($0) / unit) },
            ].compactMap { $0 }
        }
        func bytes(_ value: Double) -> String { ByteSize.rounded(Int64(value.clamped)) }
        func cores(_ value: Double) -> String {
            value < 1
                ? "\(Int(value * 1000))m"
                : "\(RecordLimits.thousandths(Int64(value * 100) * 10)) \(value == 1 ? "core" : "cores")"
        }
        return [
            PlotDrawing(
                "CPU", self, [line(main, .cpuTime, "main"), line(agent, .cpuTime, "agent")],
                rules: rules(asked?.cpu, allowed?.cpu ?? main?.cpuLimit, 1000), print: cores),
            PlotDrawing(
                "Memory", self,
                [
                    line(main, .memoryWorkingSet, "main's working set"),
                    line(agent, .memoryWorkingSet, "agent's working set"),
                    line(main, .memoryAnonymous, "main, anonymous"), line(main, .memory, "main with page cache"),
                ], rules: rules(asked?.memory, allowed?.memory ?? main?.memoryLimit, 1), print: bytes),
            PlotDrawing(
                "I/O of block devices", self,
                [
                    line(main, .bytesRead, "main reads"), line(main, .bytesWritten, "main writes"),
                    line(agent, .bytesRead, "agent reads"), line(agent, .bytesWritten, "agent writes"),
                ], print: { Words.rate($0) }),
            PlotDrawing(
                "Held up for want of", self,
                [
                    line(main, .cpuPressure, "CPU"), line(main, .memoryPressure, "memory"),
                    line(main, .ioPressure, "I/O"), line(main, .cpuThrottled, "CPU, by the limit"),
                ], print: { "\(RecordLimits.thousandths(Int64(($0 * 1000).clamped) * 100))%" }),
        ]
    }
}
