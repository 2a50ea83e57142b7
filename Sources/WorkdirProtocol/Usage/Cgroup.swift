import Basics

/// The control group of a process, and how to read what it used. Pure: every file comes through `read`, which returns
/// nil for a file that is absent or may not be read.
package enum Cgroup: Sendable, Equatable {
    /// The unified hierarchy; its folder.
    case unified(String)
    /// One hierarchy a controller, or several mounted together.
    case legacy(LegacyCgroup)

    /// The reader for a live system.
    package static func readFile(_ path: String) -> [UInt8]? {
        try? WorkdirFolder.read(path: path, limit: WorkdirFolder.readLimit)
    }

    /// Finds the group of `process` (a number, or `self`); nil where no cgroup file system is mounted.
    ///
    /// With both versions mounted the legacy controllers win, as the kernel then gives the unified hierarchy none.
    package static func find(process: String = "self", read: (String) -> [UInt8]?) -> Cgroup? {
        guard let memberships = read("/proc/\(process)/cgroup"), let mounts = read("/proc/self/mountinfo") else {
            return nil
        }
        let groups = memberships.split(separator: ASCII.newline).compactMap(CgroupMembership.init(parsing:))
        var unified: String?
        var legacy = LegacyCgroup()
        for mount in mounts.split(separator: ASCII.newline).compactMap(CgroupMount.init(parsing:)) {
            if mount.isUnified {
                guard let group = groups.first(where: { $0.controllers.isEmpty }) else { continue }
                unified = unified ?? mount.folder(of: group)
            } else {
                for group in groups {
                    for controller in group.controllers where mount.serves(controller) {
                        legacy.set(mount.folder(of: group), for: controller)
                    }
                }
            }
        }
        if !legacy.isEmpty { return .legacy(legacy) }
        return unified.map(Cgroup.unified)
    }

    /// Processes that the kernel has ended for want of memory since the group began; nil where it does not count them.
    package func oomKills(read: (String) -> [UInt8]?) -> UInt64? {
        switch self {
        case .unified(let folder): UnifiedCgroup(folder: folder).oomKills(read: read)
        case .legacy(let cgroup): cgroup.oomKills(read: read)
        }
    }

    /// Bytes this group may use: the least that itself or a group above it, as far as they can be seen, is allowed.
    /// `nil`: unlimited.
    package func memoryLimit(read: (String) -> [UInt8]?) -> UInt64? {
        var (folder, name): (String?, String) =
            switch self {
            case .unified(let folder): (folder, "memory.max")
            case .legacy(let cgroup): (cgroup.memory, "memory.limit_in_bytes")
            }
        var least: UInt64?
        while let group = folder {
            // Unlimited is the word `max`, or in legacy groups the largest number of whole pages.
            if let limit = CgroupFile(read("\(group)/\(name)")).number, limit < LegacyCgroup.unlimited {
                least = min(least ?? limit, limit)
            }
            folder = group.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(group.utf8[..<$0]) ?? "" }
            if folder?.isEmpty == true { folder = nil }
        }
        return least
    }

    /// One sample at `time`, in milliseconds since 1970. What the kernel does not offer is absent.
    package func sample(time: Int64, read: (String) -> [UInt8]?) -> UsageSample {
        var sample = UsageSample(time: time)
        switch self {
        case .unified(let folder): UnifiedCgroup(folder: folder).fill(&sample, read: read)
        case .legacy(let cgroup): cgroup.fill(&sample, read: read)
        }
        return sample
    }
}

/// A line of `/proc/<pid>/cgroup`: `4:memory:/kubepods/pod1/abc`, or `0::/` for the unified hierarchy.
struct CgroupMembership {
    var controllers: [[UInt8]]
    var path: [UInt8]

    init?(parsing line: some Collection<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        controllers = fields[1].split(separator: UInt8(ascii: ",")).map { Array($0) }
        path = Array(fields[2])
    }
}

/// A line of `/proc/<pid>/mountinfo` that mounts a cgroup hierarchy.
struct CgroupMount {
    /// The group that appears at `point`.
    var root: [UInt8]
    var point: [UInt8]
    var isUnified: Bool
    /// The file system's options; a legacy hierarchy names its controllers among them.
    var options: [[UInt8]]

    init?(parsing line: some Collection<UInt8>) {
        // 36 35 98:0 /root /mount/point rw,noatime shared:1 - cgroup cgroup rw,memory
        let fields = line.split(separator: ASCII.space)
        guard let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash >= 5,
            fields.count > dash + 3
        else { return nil }
        let type = fields[dash + 1]
        isUnified = type.elementsEqual("cgroup2".utf8)
        guard isUnified || type.elementsEqual("cgroup".utf8) else { return nil }
        root = Array(fields[3])
        point = Array(fields[4])
        options = fields[dash + 3].split(separator: UInt8(ascii: ",")).map { Array($0) }
    }

    func serves(_ controller: [UInt8]) -> Bool {
        options.contains { $0 == controller }
    }

    /// Where `group` lies in this file system. A group outside what is mounted, as a container without a cgroup
    /// namespace sees it, is the mount itself.
    func folder(of group: CgroupMembership) -> String {
        var below = group.path[...]
        if root.count > 1 {
            below = group.path.starts(with: root) ? group.path.dropFirst(root.count) : []
        }
        let leavesTheMount = below.starts(with: "/..".utf8)
        let isWithin = below.first == UInt8(ascii: "/") && below.count > 1 && !leavesTheMount
        return String(decoding: isWithin ? point + below : point, as: UTF8.self)
    }
}
