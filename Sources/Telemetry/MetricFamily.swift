internal import Synchronization

/// One metric with all its label values. The number of label values is bounded: what comes beyond goes to a series
/// whose labels all say `other`, so that no caller's input can fill the memory.
final class MetricFamily: Sendable {
    enum Kind: Sendable, Equatable {
        case counter, gauge
        case histogram([Double])

        var word: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    struct Series: Sendable {
        var labels: [String]
        var value = 0.0
        /// Of a histogram: how often a value fell into each bucket, the last without a bound.
        var buckets: [UInt64] = []
        var sum = 0.0
    }

    static let maximumSeries = 200
    static let overflowLabel = "other"

    let name: String
    let kind: Kind
    private let help: String
    private let labels: [String]
    private let series: Mutex<[Series]>

    init(_ name: String, _ help: String, _ kind: Kind, _ labels: [String]) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
        // A metric without labels is there from the start, so that its absence means something.
        series = Mutex(labels.isEmpty ? [Self.fresh(kind, [])] : [])
    }

    func update(_ values: [String], _ change: (inout Series) -> Void) {
        series.withLock { series in
            // A call with too few or too many values still counts, under the names at hand.
            let key = labels.indices.map { $0 < values.count ? values[$0] : "" }
            if let index = series.firstIndex(where: { $0.labels == key }) { return change(&series[index]) }
            guard series.count >= Self.maximumSeries else {
                series.append(Self.fresh(kind, key))
                return change(&series[series.count - 1])
            }
            let overflow = labels.map { _ in Self.overflowLabel }
            let index = series.firstIndex { $0.labels == overflow }
            if index == nil { series.append(Self.fresh(kind, overflow)) }
            change(&series[index ?? series.count - 1])
        }
    }

    func value(_ values: [String]) -> Double? {
        series.withLock { $0.first { $0.labels == values }?.value }
    }

    func append(to text: inout [UInt8]) {
        let series = series.withLock { $0 }
        guard !series.isEmpty else { return }
        text += "# HELP \(name) \(ExpositionText.escaped(help: help))\n# TYPE \(name) \(kind.word)\n".utf8
        for one in series {
            let pairs = zip(labels, one.labels).map { ExpositionText.label($0, $1) }
            guard case .histogram(let bounds) = kind else {
                text += ExpositionText.line(name, pairs, one.value).utf8
                continue
            }
            var count: UInt64 = 0
            for (bound, inBucket) in zip(bounds + [.infinity], one.buckets) {
                count += inBucket
                let le = ExpositionText.label("le", ExpositionText.number(bound))
                text += ExpositionText.line(name + "_bucket", pairs + [le], Double(count)).utf8
            }
            text += ExpositionText.line(name + "_sum", pairs, one.sum).utf8
            text += ExpositionText.line(name + "_count", pairs, Double(count)).utf8
        }
    }

    private static func fresh(_ kind: Kind, _ labels: [String]) -> Series {
        guard case .histogram(let bounds) = kind else { return Series(labels: labels) }
        return Series(labels: labels, buckets: Array(repeating: 0, count: bounds.count + 1))
    }
}

/// Words of Prometheus' text format, https://prometheus.io/docs/instrumenting/exposition_formats/.
enum ExpositionText {
    static func line(_ name: String, _ labels: [String], _ value: Double) -> String {
        let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        return "\(name)\(braces) \(number(value))\n"
    }

    static func label(_ name: String, _ value: String) -> String {
        "\(name)=\"\(escaped(help: value, quotes: true))\""
    }

    /// Whole numbers without a point, the others with as many digits as it takes.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e18 ? String(Int64(value)) : "\(value)"
    }

    /// Backslash and line feed everywhere, quotes in label values only.
    static func escaped(help text: String, quotes: Bool = false) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
