import Basics
import Glibc
import WorkdirProtocol

/// What one process uses, from its folder in `/proc`.
struct ProcessUsage: Sendable, Equatable {
    /// Names the process's control group: processes of one container share it.
    var group: String
    /// Microseconds of CPU time.
    var cpuTime: UInt64
    /// Bytes of memory in RAM.
    var resident: UInt64
    /// Bytes read from and written to block devices; absent where `/proc/<pid>/io` may not be read.
    var bytesRead: UInt64?
    var bytesWritten: UInt64?

    /// - Parameters:
    ///   - stat: `/proc/<pid>/stat`; its second field, the program's name, may hold anything, parentheses included.
    ///   - cgroup: `/proc/<pid>/cgroup`.
    ///   - ticksPerSecond: of the CPU times (`_SC_CLK_TCK`).
    init?(stat: [UInt8], cgroup: [UInt8], io: [UInt8]?, ticksPerSecond: UInt64, pageSize: UInt64) {
        guard let close = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        // From field 3 (state) on: utime and stime are fields 14 and 15, rss is field 24 (proc_pid_stat(5)).
        let fields = stat[(close + 1)...].split { ASCII.isSpace($0) }
        guard fields.count > 21, ticksPerSecond > 0, let user = UInt64(ascii: fields[11]),
            let system = UInt64(ascii: fields[12]), let pages = UInt64(ascii: fields[21])
        else { return nil }
        cpuTime = (user &+ system) &* (1_000_000 / ticksPerSecond)
        resident = pages &* pageSize
        group = Self.group(of: cgroup)
        guard let io else { return }
        for line in io.split(separator: ASCII.newline) {
            let words = line.split(separator: ASCII.space)
            guard words.count == 2, let value = UInt64(ascii: words[1]) else { continue }
            if "read_bytes:".isIdentical(to: words[0]) { bytesRead = value }
            if "write_bytes:".isIdentical(to: words[0]) { bytesWritten = value }
        }
    }

    /// The path in the unified tree, or where that says nothing the one of the memory controller.
    static func group(of cgroup: [UInt8]) -> String {
        var unified = ""
        for line in cgroup.split(separator: ASCII.newline) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = String(decoding: parts[2], as: UTF8.self)
            if "memory".isIdentical(to: parts[1]) { return path }
            if parts[1].isEmpty { unified = path }
        }
        return unified
    }

    /// The sums of each group.
    static func samples(_ processes: [ProcessUsage], time: Int64) -> [String: UsageSample] {
        var samples: [String: UsageSample] = [:]
        for process in processes {
            var sample = samples[process.group] ?? UsageSample(time: time)
            sample.add(process.cpuTime, to: .cpuTime)
            sample.add(process.resident, to: .memory)
            sample.add(1, to: .processes)
            if let bytes = process.bytesRead { sample.add(bytes, to: .bytesRead) }
            if let bytes = process.bytesWritten { sample.add(bytes, to: .bytesWritten) }
            samples[process.group] = sample
        }
        return samples
    }
}

extension UsageSample {
    fileprivate mutating func add(_ value: UInt64, to metric: UsageMetric) {
        self[metric] = (self[metric] ?? 0) &+ value
    }
}

/// The processes of the pod, where its containers share one PID namespace.
enum ProcessTable {
    /// More than any pod runs; a machine's whole table is not ours to read.
    private static let limit = 4096

    /// Usage of the groups other than our own, the pause container's (PID 1) left out. Empty where the PID namespace is
    /// not a pod's: a machine's other processes are not ours to report.
    static func others(time: Int64) -> [String: UsageSample] {
        guard (try? SmallFile.text("/proc/1/comm")) == "pause" else { return [:] }
        guard let own = Cgroup.readFile("/proc/self/cgroup").map(ProcessUsage.group) else { return [:] }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let page = UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
        let processes = identifiers().compactMap { identifier -> ProcessUsage? in
            guard let cgroup = Cgroup.readFile("/proc/\(identifier)/cgroup"), ProcessUsage.group(of: cgroup) != own,
                let stat = Cgroup.readFile("/proc/\(identifier)/stat")
            else { return nil }
            return ProcessUsage(
                stat: stat, cgroup: cgroup, io: Cgroup.readFile("/proc/\(identifier)/io"), ticksPerSecond: ticks,
                pageSize: page)
        }
        return ProcessUsage.samples(processes, time: time)
    }

    private static func identifiers() -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while found.count < limit, let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let identifier = Int32(name), identifier != 1 { found.append(identifier) }
        }
        return found
    }
}
