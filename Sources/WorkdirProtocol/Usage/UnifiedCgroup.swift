/// Reads one group of the unified hierarchy (cgroup v2). The files are described in the kernel's
/// Documentation/admin-guide/cgroup-v2.rst.
struct UnifiedCgroup {
    let folder: String

    func fill(_ sample: inout UsageSample, read: (String) -> [UInt8]?) {
        func file(_ name: String) -> CgroupFile { CgroupFile(read("\(folder)/\(name)")) }

        let cpu = file("cpu.stat")
        sample[.cpuTime] = cpu.value(of: "usage_usec")
        sample[.cpuThrottled] = cpu.value(of: "throttled_usec")
        sample[.memory] = file("memory.current").number
        sample[.memoryWorkingSet] = CgroupFile.workingSet(
            of: sample[.memory], inactive: file("memory.stat").value(of: "inactive_file"))
        sample[.memoryPeak] = file("memory.peak").number
        // Unlimited is the word `max`, which is no number.
        sample[.memoryLimit] = file("memory.max").number
        sample[.oomKills] = oomKills(read: read)
        let io = file("io.stat")
        sample[.bytesRead] = io.sum(of: "rbytes=")
        sample[.bytesWritten] = io.sum(of: "wbytes=")
        sample[.processes] = file("pids.current").number
        sample[.cpuPressure] = file("cpu.pressure").stallTime
        sample[.memoryPressure] = file("memory.pressure").stallTime
        sample[.ioPressure] = file("io.pressure").stallTime
    }

    func oomKills(read: (String) -> [UInt8]?) -> UInt64? {
        CgroupFile(read("\(folder)/memory.events")).value(of: "oom_kill")
    }
}
