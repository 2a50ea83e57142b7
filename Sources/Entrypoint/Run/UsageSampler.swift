import WorkdirProtocol

/// Samples what the command uses while the agent asks for it; a container sees no other's cgroup.
struct UsageSampler {
    private let workdir: WorkdirFolder
    /// nil: the processes are asked, once they have ended.
    private let cgroup: Cgroup?
    private let interval: Int64
    private var record = UsageRecord()
    /// When the next sample is due, in the monotonic clock's milliseconds; nil: at the end.
    private(set) var deadline: Int64?

    /// nil when the agent does not ask, or nothing can be told here.
    init?(workdir: WorkdirFolder, now: Int64) {
        guard let content = try? workdir.read(WorkdirPath.monitor), let request = MonitorRequest(parsing: content)
        else { return nil }
        cgroup = request.scope == .container ? Cgroup.find(read: Cgroup.readFile) : nil
        if request.scope == .container, cgroup == nil { return nil }
        self.workdir = workdir
        interval = Int64(request.interval) * 1000
        deadline = cgroup == nil ? nil : now
    }

    /// A sample that cannot be written is left out.
    mutating func sample(now: Int64) {
        let time = Clock.wall() / 1000
        if let cgroup {
            record.append(cgroup.sample(time: time, read: Cgroup.readFile))
            deadline = now + interval
        } else {
            record.append(.ofEndedChildren(time: time))
        }
        try? workdir.write(record.text, to: WorkdirPath.usage)
    }
}

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
