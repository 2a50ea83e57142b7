import Basics

/// Reads one group of the unified hierarchy (cgroup v2). The files are described in the kernel's
/// Documentation/admin-guide/cgroup-v2.rst.
struct UnifiedCgroup {
    let folder: String

    func fill(_ sample: inout UsageSample, read: (String) -> [UInt8]?) {
        func file(_ name: String) -> CgroupFile { CgroupFile(read("\(folder)/\(name)")) }

        let cpu = file("cpu.stat")
        sample[.cpuTime] = cpu.value(of: "usage_usec")
        sample[.cpuThrottled] = cpu.value(of: "throttled_usec")
        // `max 100000` where there is no limit.
        let quota = file("cpu.max")
        sample[.cpuLimit] = CgroupFile.millicores(quota: quota.number, period: quota.lastNumber)
        sample[.memory] = file("memory.current").number
        let memory = file("memory.stat")
        sample[.memoryWorkingSet] = CgroupFile.workingSet(
            of: sample[.memory], inactive: memory.value(of: "inactive_file"))
        sample[.memoryAnonymous] = memory.value(of: "anon")
        sample[.memoryCache] = memory.value(of: "file")
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
        // -1, which is no such number, where there is no limit.
        sample[.cpuLimit] = CgroupFile.millicores(
            quota: file(cpu, "cpu.cfs_quota_us").number, period: file(cpu, "cpu.cfs_period_us").number)
        sample[.memory] = file(memory, "memory.usage_in_bytes").number
        let details = file(memory, "memory.stat")
        sample[.memoryWorkingSet] = CgroupFile.workingSet(
            of: sample[.memory], inactive: details.value(of: "total_inactive_file"))
        sample[.memoryAnonymous] = details.value(of: "total_rss")
        sample[.memoryCache] = details.value(of: "total_cache")
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

/// The content of one cgroup file in any of the kernel's forms. An absent file has no values.
struct CgroupFile {
    private let content: [UInt8]?

    init(_ content: [UInt8]?) {
        self.content = content
    }

    /// The file as a single number.
    var number: UInt64? {
        content.flatMap { UInt64(ascii: $0.prefix { !ASCII.isSpace($0) }) }
    }

    /// The second of two numbers.
    var lastNumber: UInt64? {
        content?.split(whereSeparator: ASCII.isSpace).dropFirst().first.flatMap { UInt64(ascii: $0) }
    }

    /// The number after `key` in a file of `key number` lines.
    func value(of key: StaticString) -> UInt64? {
        guard let content else { return nil }
        for line in content.split(separator: ASCII.newline) {
            let words = line.split(separator: ASCII.space)
            if words.count == 2, Self.equal(words[0], key) { return UInt64(ascii: words[1]) }
        }
        return nil
    }

    /// The sum, over all lines, of the numbers that directly follow `prefix` at the start of a word; nil without such
    /// a file, 0 when no device has done anything yet.
    func sum(of prefix: StaticString) -> UInt64? {
        guard let content else { return nil }
        var sum: UInt64 = 0
        for line in content.split(separator: ASCII.newline) {
            // Every number stands behind the device, so a word's start is a space.
            var rest = line[...]
            while let space = rest.firstIndex(of: ASCII.space) {
                rest = rest[(space + 1)...]
                guard Self.starts(rest, with: prefix) else { continue }
                let digits = rest.dropFirst(prefix.utf8CodeUnitCount).prefix { !ASCII.isSpace($0) }
                sum &+= UInt64(ascii: digits) ?? 0
            }
        }
        return sum
    }

    /// The total of the `some` line of a pressure file, in microseconds.
    var stallTime: UInt64? {
        guard let content else { return nil }
        for line in content.split(separator: ASCII.newline) where Self.starts(line, with: "some ") {
            for word in line.split(separator: ASCII.space) where Self.starts(word, with: "total=") {
                return UInt64(ascii: word.dropFirst("total=".utf8.count))
            }
        }
        return nil
    }

    /// What the kubelet calls the working set: memory less the page cache that is the first to go.
    static func workingSet(of memory: UInt64?, inactive: UInt64?) -> UInt64? {
        guard let memory else { return nil }
        return memory - min(memory, inactive ?? 0)
    }

    /// Of a quota of microseconds in each period.
    static func millicores(quota: UInt64?, period: UInt64?) -> UInt64? {
        guard let quota, let period, period > 0, quota > 0, quota < UInt64(Int64.max) / 1000 else { return nil }
        return quota * 1000 / period
    }

    private static func equal(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount && starts(bytes, with: text)
    }

    private static func starts(_ bytes: ArraySlice<UInt8>, with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes.starts(with: $0) }
    }
}
