import Basics
import CLinux

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
                time = Int64(ascii: value).flatMap { Self.times.contains($0) ? $0 : nil }
            } else if let metric = UsageMetric.allCases.first(where: { $0.name.isIdentical(to: key) }) {
                self[metric] = UInt64(ascii: value).map { min($0, Self.most) }
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
    /// Main can write such a line itself: its numbers are bounded here, so that no arithmetic with them overflows. Times end
    /// with the year 9999, values where a double tells whole numbers apart.
    private static let times: ClosedRange<Int64> = 0...253_402_300_799_999
    private static let most: UInt64 = 1 << 53
}

/// What is measured of a container. The raw value is the place in a `UsageSample`; `name` is the word in its line.
package enum UsageMetric: Int, Sendable, CaseIterable {
    /// CPU time used since the container began, in microseconds.
    case cpuTime
    /// Time in which the CPU limit held the container back, in microseconds.
    case cpuThrottled
    /// Memory charged to the container, page cache included, in bytes.
    case memory
    /// Memory less inactive page cache, in bytes: what the kubelet evicts by.
    case memoryWorkingSet
    /// The most memory ever charged, in bytes, where the kernel keeps it.
    case memoryPeak
    /// The memory limit in bytes; absent: unlimited.
    case memoryLimit
    /// Processes ended for want of memory since the container began.
    case oomKills
    /// Bytes read from and written to block devices since the container began.
    case bytesRead
    case bytesWritten
    /// Processes and threads now.
    case processes
    /// Time in which at least one task was held up for want of the resource, in microseconds (PSI, `some`).
    case cpuPressure
    case memoryPressure
    case ioPressure
    /// Memory of the programs themselves, and page cache, in bytes.
    case memoryAnonymous
    case memoryCache
    /// The CPU limit in thousandths of a core; absent: unlimited.
    case cpuLimit

    package var name: String {
        switch self {
        case .cpuTime: "cpu"
        case .cpuThrottled: "throttled"
        case .memory: "memory"
        case .memoryWorkingSet: "working-set"
        case .memoryPeak: "memory-peak"
        case .memoryLimit: "memory-limit"
        case .oomKills: "oom-kills"
        case .bytesRead: "read"
        case .bytesWritten: "written"
        case .processes: "processes"
        case .cpuPressure: "cpu-pressure"
        case .memoryPressure: "memory-pressure"
        case .ioPressure: "io-pressure"
        case .memoryAnonymous: "memory-anonymous"
        case .memoryCache: "memory-cache"
        case .cpuLimit: "cpu-limit"
        }
    }

    /// Whether the value goes up and down; the others only grow.
    package var isGauge: Bool {
        switch self {
        case .memory, .memoryWorkingSet, .memoryAnonymous, .memoryCache, .memoryLimit, .cpuLimit, .processes: true
        default: false
        }
    }
}

extension UsageSample {
    /// What this process has used so far. `time`: milliseconds since 1970.
    package static func ofThisProcess(time: Int64) -> UsageSample {
        UsageSample(time: time, clinux_usage_of_self())
    }

    /// What its children, and theirs, have used that have ended. The peak of memory is that of the largest among them.
    package static func ofEndedChildren(time: Int64) -> UsageSample {
        UsageSample(time: time, clinux_usage_of_children())
    }

    private init(time: Int64, _ usage: clinux_usage) {
        self.init(time: time)
        self[.cpuTime] = usage.cpu_microseconds
        self[.memoryPeak] = usage.memory_peak
        self[.bytesRead] = usage.bytes_read
        self[.bytesWritten] = usage.bytes_written
    }
}
