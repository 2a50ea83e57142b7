import Basics

/// A process's groups in the legacy hierarchies (cgroup v1), as far as they tell usage. The files are described in the
/// kernel's Documentation/admin-guide/cgroup-v1.
package struct LegacyCgroup: Sendable, Equatable {
    package private(set) var cpu: String?
    package private(set) var accounting: String?
    package private(set) var memory: String?
    package private(set) var blocks: String?
    package private(set) var processes: String?

    var isEmpty: Bool {
        cpu == nil && accounting == nil && memory == nil && blocks == nil && processes == nil
    }

    mutating func set(_ folder: String, for controller: [UInt8]) {
        if "cpu".isIdentical(to: controller) { cpu = folder }
        if "cpuacct".isIdentical(to: controller) { accounting = folder }
        if "memory".isIdentical(to: controller) { memory = folder }
        if "blkio".isIdentical(to: controller) { blocks = folder }
        if "pids".isIdentical(to: controller) { processes = folder }
    }

    /// A limit so high means none: the kernel shows the largest number of whole pages.
    static let unlimited = UInt64(1) << 62

    func fill(_ sample: inout UsageSample, read: (String) -> [UInt8]?) {
        func file(_ folder: String?, _ name: String) -> CgroupFile {
            CgroupFile(folder.flatMap { read("\($0)/\(name)") })
        }

        sample[.cpuTime] = file(accounting, "cpuacct.usage").number.map { $0 / 1000 }
        sample[.cpuThrottled] = file(cpu, "cpu.stat").value(of: "throttled_time").map { $0 / 1000 }
        sample[.memory] = file(memory, "memory.usage_in_bytes").number
        sample[.memoryWorkingSet] = CgroupFile.workingSet(
            of: sample[.memory], inactive: file(memory, "memory.stat").value(of: "total_inactive_file"))
        sample[.memoryPeak] = file(memory, "memory.max_usage_in_bytes").number
        if let limit = file(memory, "memory.limit_in_bytes").number, limit < Self.unlimited {
            sample[.memoryLimit] = limit
        }
        sample[.oomKills] = oomKills(read: read)
        let io = file(blocks, "blkio.throttle.io_service_bytes")
        sample[.bytesRead] = io.sum(of: "Read ")
        sample[.bytesWritten] = io.sum(of: "Write ")
        sample[.processes] = file(processes, "pids.current").number
    }

    func oomKills(read: (String) -> [UInt8]?) -> UInt64? {
        CgroupFile(memory.flatMap { read("\($0)/memory.oom_control") }).value(of: "oom_kill")
    }
}
