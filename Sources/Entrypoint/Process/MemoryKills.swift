import WorkdirProtocol

/// Tells whether the kernel has ended a process of this container for want of memory, which its signal alone does not.
struct MemoryKills {
    private let cgroup: Cgroup?
    private let before: UInt64

    /// Counts from now on.
    init() {
        cgroup = Cgroup.find(read: Cgroup.readFile)
        before = Self.count(cgroup)
    }

    var haveHappened: Bool { Self.count(cgroup) > before }

    private static func count(_ cgroup: Cgroup?) -> UInt64 {
        cgroup?.oomKills(read: Cgroup.readFile) ?? 0
    }
}
