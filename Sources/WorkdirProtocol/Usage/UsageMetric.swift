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
        }
    }

    /// Whether the value goes up and down; the others only grow.
    package var isGauge: Bool {
        switch self {
        case .memory, .memoryWorkingSet, .memoryLimit, .processes: true
        default: false
        }
    }
}
