internal import Synchronization
internal import WorkdirProtocol

/// What each container of the step used, as far as known: the latest sample and the peaks.
final class UsageBoard: Sendable {
    private let records = Mutex<[String: UsageRecord]>([:])

    /// Containers in sight, apart from our own two; bounded because names come from outside.
    private static let limit = 16

    var current: [String: UsageRecord] { records.withLock { $0 } }

    func append(_ sample: UsageSample, of container: String) {
        records.withLock { records in
            guard records[container] != nil || records.count < Self.limit else { return }
            records[container, default: UsageRecord()].append(sample)
        }
    }

    /// Takes over what somebody else keeps.
    func replace(_ record: UsageRecord, of container: String) {
        records.withLock { $0[container] = record }
    }

    /// `main.memory-peak` → bytes and so on, for the manifest: counters at their end, gauges at their highest.
    var summary: [String: String] {
        var summary: [String: String] = [:]
        for (container, record) in current {
            guard let peak = record.peak else { continue }
            for metric in UsageMetric.allCases {
                if let value = peak[metric] { summary["\(container).\(metric.name)"] = "\(value)" }
            }
        }
        return summary
    }
}
