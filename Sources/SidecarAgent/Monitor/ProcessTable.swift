internal import Basics
internal import ConfigSchema
internal import Glibc
internal import Transfer
internal import WorkdirProtocol

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
