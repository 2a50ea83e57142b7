import Basics

/// What a container used up to one moment. Metrics that the kernel does not offer are absent.
///
/// One line of `WorkdirPath.usage`: `time=1700000000000 cpu=1200 memory=4096`.
package struct UsageSample: Sendable, Equatable {
    /// Milliseconds since 1970.
    package var time: Int64
    private var values: [UInt64?]

    package init(time: Int64) {
        self.time = time
        values = Array(repeating: nil, count: UsageMetric.allCases.count)
    }

    package subscript(metric: UsageMetric) -> UInt64? {
        get { values[metric.rawValue] }
        set { values[metric.rawValue] = newValue }
    }

    /// Reads what `line` wrote; nil without a time. Unknown words are skipped.
    package init?(parsing bytes: some Collection<UInt8>) {
        self.init(time: 0)
        var time: Int64?
        KeyValueLines.forEach(in: bytes, separatedBy: ASCII.space) { key, value in
            if Self.timeKey.isIdentical(to: key) {
                time = Int64(ascii: value)
            } else if let metric = UsageMetric.allCases.first(where: { $0.name.isIdentical(to: key) }) {
                self[metric] = UInt64(ascii: value)
            }
        }
        guard let time else { return nil }
        self.time = time
    }

    /// Without the line break.
    package var line: String {
        var line = "\(Self.timeKey)=\(time)"
        for metric in UsageMetric.allCases {
            if let value = self[metric] { line += " \(metric.name)=\(value)" }
        }
        return line
    }

    private static let timeKey = "time"
}
