import Basics

/// The file `WorkdirPath.usage`: the peaks since the beginning, then the latest samples, oldest first. Bounded: a step
/// that runs for a month leaves no more than one that runs for an hour.
package struct UsageRecord: Sendable, Equatable {
    /// The most samples kept.
    package static let capacity = 60

    /// The highest value seen of each metric, at the time of the latest sample; nil before the first.
    package private(set) var peak: UsageSample?
    /// At most `capacity`, oldest first.
    package private(set) var samples: [UsageSample] = []

    package init() {}

    package mutating func append(_ sample: UsageSample) {
        if samples.count == Self.capacity { samples.removeFirst() }
        samples.append(sample)
        var highest = sample
        if let peak {
            for metric in UsageMetric.allCases {
                guard let earlier = peak[metric] else { continue }
                highest[metric] = max(earlier, sample[metric] ?? 0)
            }
        }
        peak = highest
    }

    /// Reads what `text` wrote; lines that are no sample are skipped.
    package init(parsing bytes: some Collection<UInt8>) {
        for line in Array(bytes).split(separator: ASCII.newline) {
            if line.starts(with: Self.peakMark.utf8) {
                peak = UsageSample(parsing: line.dropFirst(Self.peakMark.utf8.count))
            } else if let sample = UsageSample(parsing: line) {
                samples.append(sample)
            }
        }
        samples = samples.suffix(Self.capacity)
    }

    package var text: String {
        var text = ""
        if let peak { text += "\(Self.peakMark)\(peak.line)\n" }
        for sample in samples { text += "\(sample.line)\n" }
        return text
    }

    private static let peakMark = "peak "
}
