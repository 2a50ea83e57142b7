package import Basics
package import WorkdirProtocol

/// Samples of one container over the whole step in bounded room: pieces of equal length, which double when there is no
/// more room, each with its least, mean and most. So a peak never goes, however long the step.
package struct UsageSeries: Sendable, Equatable {
    /// The most pieces kept.
    package static let capacity = 240

    struct Cell: Sendable, Equatable {
        var min: Double
        var max: Double
        var sum: Double
        var count: Double

        init(_ value: Double) { (min, max, sum, count) = (value, value, value, 1) }

        mutating func add(_ other: Cell) {
            (min, max) = (Swift.min(min, other.min), Swift.max(max, other.max))
            (sum, count) = (sum + other.sum, count + other.count)
        }
    }

    private let metrics: [UsageMetric]
    private var cells: [[Cell?]]
    private var start: Int64 = 0
    /// Milliseconds of a piece.
    private var every: Int64
    private var last: UsageSample?

    /// - Parameter interval: between two samples, in milliseconds.
    package init(interval: Int64) {
        every = max(1, interval)
        metrics = UsageMetric.allCases.filter(\.isDrawn)
        cells = Array(repeating: [], count: metrics.count)
    }

    /// Samples that were seen before, or come from before the latest, are passed over.
    package mutating func add(_ sample: UsageSample) {
        guard let last else {
            start = sample.time
            record(sample, since: nil)
            return
        }
        // Far in the future a clock was set.
        guard sample.time > last.time, sample.time - last.time < 400 * 86_400_000 else { return }
        record(sample, since: last)
    }

    private mutating func record(_ sample: UsageSample, since earlier: UsageSample?) {
        last = sample
        while (sample.time - start) / every >= Self.capacity { coarsen() }
        let index = Int((sample.time - start) / every)
        for (lane, metric) in metrics.enumerated() {
            guard let value = metric.value(sample, since: earlier) else { continue }
            while cells[lane].count <= index { cells[lane].append(nil) }
            if cells[lane][index] == nil {
                cells[lane][index] = Cell(value)
            } else {
                cells[lane][index]?.add(Cell(value))
            }
        }
    }

    /// Two pieces become one.
    private mutating func coarsen() {
        every *= 2
        for lane in cells.indices {
            let old = cells[lane]
            cells[lane] = stride(from: 0, to: old.count, by: 2).map { index in
                guard var cell = old[index] else { return index + 1 < old.count ? old[index + 1] : nil }
                if index + 1 < old.count, let next = old[index + 1] { cell.add(next) }
                return cell
            }
        }
    }

    /// - Parameter peak: counters at their end, gauges at their highest.
    package func recorded(of container: String, peak: UsageSample?) -> RecordedUsage {
        var usage = RecordedUsage()
        usage.container = container
        func total(_ metric: UsageMetric) -> Int64? { peak?[metric].map { Int64(clamping: $0) } }
        usage.cpu = total(.cpuTime).map { $0 / 1000 }
        usage.throttled = total(.cpuThrottled).map { $0 / 1000 }
        usage.memoryPeak = total(.memoryPeak) ?? total(.memory)
        usage.workingSetPeak = total(.memoryWorkingSet)
        usage.memoryLimit = total(.memoryLimit)
        usage.cpuLimit = total(.cpuLimit)
        usage.oomKills = total(.oomKills)
        usage.read = total(.bytesRead)
        usage.written = total(.bytesWritten)
        usage.start = last == nil ? nil : UnixTime(milliseconds: start)
        usage.every = last == nil ? nil : every
        usage.series = zip(metrics, cells).compactMap { metric, cells in
            guard cells.contains(where: { $0 != nil }) else { return nil }
            var series = RecordedSeries()
            series.metric = metric.name
            series.mean = cells.map { $0.map { $0.sum / $0.count } }
            if cells.contains(where: { $0.map { $0.min != $0.max } == true }) {
                series.min = cells.map { $0?.min }
                series.max = cells.map { $0?.max }
            }
            return series
        }
        return usage
    }
}

/// What one container used.
package struct RecordedUsage: RecordPart, Equatable {
    package var container: String?
    /// Milliseconds.
    package var cpu: Int64?
    package var throttled: Int64?
    package var memoryPeak: Int64?
    package var workingSetPeak: Int64?
    package var memoryLimit: Int64?
    package var cpuLimit: Int64?
    package var oomKills: Int64?
    package var read: Int64?
    package var written: Int64?
    package var start: UnixTime?
    package var every: Int64?
    package var series: [RecordedSeries] = []

    package init() {}

    func series(_ metric: UsageMetric) -> RecordedSeries? { series.first { $0.metric == metric.name } }
}

/// One metric over time.
package struct RecordedSeries: RecordPart, Equatable {
    package var metric: String?
    package var min: [Double?] = []
    package var mean: [Double?] = []
    package var max: [Double?] = []

    package init() {}

    /// The most of each piece.
    var highest: [Double?] { max.isEmpty ? mean : max }
    var lowest: [Double?] { min.isEmpty ? mean : min }
    var peak: Double? { highest.compactMap { $0 }.max() }
}

extension UsageMetric {
    /// Whether it is kept over time; the others are told once.
    fileprivate var isDrawn: Bool {
        switch self {
        case .memoryPeak, .memoryLimit, .cpuLimit, .oomKills: false
        default: true
        }
    }

    /// A gauge as it stands, a counter by the second.
    fileprivate func value(_ sample: UsageSample, since earlier: UsageSample?) -> Double? {
        guard let now = sample[self] else { return nil }
        if isGauge { return Double(now) }
        guard let earlier, let before = earlier[self], now >= before, sample.time > earlier.time else { return nil }
        let scale: Double =
            switch self {
            case .bytesRead, .bytesWritten: 1
            default: 1e-6
            }
        return Double(now - before) * scale * 1000 / Double(sample.time - earlier.time)
    }
}
