import WorkdirProtocol

/// Samples the container's own use of resources while the agent asks for it; a container sees no other's cgroup.
struct UsageSampler {
    private let workdir: WorkdirFolder
    private let cgroup: Cgroup
    private let interval: Int64
    private var record = UsageRecord()
    /// When the next sample is due, in the monotonic clock's milliseconds.
    private(set) var deadline: Int64

    /// nil when the agent does not ask, or nothing can be told here.
    init?(workdir: WorkdirFolder, now: Int64) {
        guard let content = try? workdir.read(WorkdirPath.monitor),
            let request = MonitorRequest(parsing: content), let cgroup = Cgroup.find(read: Cgroup.readFile)
        else { return nil }
        self.workdir = workdir
        self.cgroup = cgroup
        interval = Int64(request.interval) * 1000
        deadline = now
    }

    /// A sample that cannot be written is left out.
    mutating func sample(now: Int64) {
        record.append(cgroup.sample(time: Clock.wall() / 1000, read: Cgroup.readFile))
        try? workdir.write(record.text, to: WorkdirPath.usage)
        deadline = now + interval
    }
}
