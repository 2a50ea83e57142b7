import Basics

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
