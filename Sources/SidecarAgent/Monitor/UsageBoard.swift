import Report
import Synchronization
import Telemetry
import WorkdirProtocol

/// What each container of the step used, as far as known: the latest sample and the peaks.
final class UsageBoard: Sendable {
    private let records = Mutex<[String: UsageRecord]>([:])
    private let series = Mutex<[String: UsageSeries]>([:])
    /// Milliseconds between two samples.
    private let interval: Int64

    /// Containers in sight, apart from our own two; bounded because names come from outside.
    private static let limit = 16

    init(interval: Duration?) { self.interval = Int64((interval ?? .seconds(10)) / .milliseconds(1)) }

    var current: [String: UsageRecord] { records.withLock { $0 } }

    func append(_ sample: UsageSample, of container: String) {
        records.withLock { records in
            guard records[container] != nil || records.count < Self.limit else { return }
            records[container, default: UsageRecord()].append(sample)
            series.withLock { $0[container, default: UsageSeries(interval: interval)].add(sample) }
        }
    }

    /// Takes over what somebody else keeps.
    func replace(_ record: UsageRecord, of container: String) {
        records.withLock { $0[container] = record }
        series.withLock { series in
            for sample in record.samples { series[container, default: UsageSeries(interval: interval)].add(sample) }
        }
    }

    /// Over the whole step, main first.
    var recorded: [RecordedUsage] {
        let (records, series) = (current, series.withLock { $0 })
        func rank(_ name: String) -> (Int, String) { (name == "main" ? 0 : name == "agent" ? 1 : 2, name) }
        let names = records.keys.sorted { rank($0) < rank($1) }
        return names.compactMap { name in series[name]?.recorded(of: name, peak: records[name]?.peak) }
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

/// The usage of the containers in `/metrics`, in Prometheus' base units.
struct UsageMetrics: Sendable {
    private let cpu: Counter
    private let throttled: Counter
    private let memory: Gauge
    private let workingSet: Gauge
    private let anonymous: Gauge
    private let cache: Gauge
    private let peak: Gauge
    private let limit: Gauge
    private let cpuLimit: Gauge
    private let oomKills: Counter
    private let input: Counter
    private let output: Counter
    private let processes: Gauge
    private let pressure: Counter

    init(_ registry: MetricRegistry) {
        func counter(_ name: String, _ help: String, _ more: String...) -> Counter {
            registry.counter("kpipe_container_\(name)", help, labels: ["container"] + more)
        }
        func gauge(_ name: String, _ help: String) -> Gauge {
            registry.gauge("kpipe_container_\(name)", help, labels: ["container"])
        }
        cpu = counter("cpu_seconds_total", "CPU time used.")
        throttled = counter("cpu_throttled_seconds_total", "Time held back by the CPU limit.")
        memory = gauge("memory_bytes", "Memory charged, page cache included.")
        workingSet = gauge("memory_working_set_bytes", "Memory less inactive page cache.")
        anonymous = gauge("memory_anonymous_bytes", "Memory of the programs themselves.")
        cache = gauge("memory_cache_bytes", "Page cache.")
        peak = gauge("memory_peak_bytes", "The most memory seen.")
        limit = gauge("memory_limit_bytes", "The memory limit, where there is one.")
        cpuLimit = gauge("cpu_limit_cores", "The CPU limit, where there is one.")
        oomKills = counter("oom_kills_total", "Processes ended for want of memory.")
        input = counter("read_bytes_total", "Bytes read from block devices.")
        output = counter("written_bytes_total", "Bytes written to block devices.")
        processes = gauge("processes", "Processes and threads.")
        pressure = counter("pressure_seconds_total", "Time in which a task waited for the resource (PSI).", "resource")
    }

    func show(_ records: [String: UsageRecord]) {
        for (container, record) in records {
            guard let sample = record.samples.last else { continue }
            for metric in UsageMetric.allCases {
                if let value = sample[metric] { show(Double(value), of: metric, container) }
            }
            let highest = record.peak.flatMap { $0[.memoryPeak] ?? $0[.memory] }
            if let highest { peak.set(Double(highest), container) }
        }
    }

    private func show(_ value: Double, of metric: UsageMetric, _ container: String) {
        let seconds = value / 1_000_000
        switch metric {
        case .cpuTime: cpu.record(total: seconds, container)
        case .cpuThrottled: throttled.record(total: seconds, container)
        case .memory: memory.set(value, container)
        case .memoryWorkingSet: workingSet.set(value, container)
        case .memoryAnonymous: anonymous.set(value, container)
        case .memoryCache: cache.set(value, container)
        case .cpuLimit: cpuLimit.set(value / 1000, container)
        case .memoryPeak: break
        case .memoryLimit: limit.set(value, container)
        case .oomKills: oomKills.record(total: value, container)
        case .bytesRead: input.record(total: value, container)
        case .bytesWritten: output.record(total: value, container)
        case .processes: processes.set(value, container)
        case .cpuPressure: pressure.record(total: seconds, container, "cpu")
        case .memoryPressure: pressure.record(total: seconds, container, "memory")
        case .ioPressure: pressure.record(total: seconds, container, "io")
        }
    }
}
