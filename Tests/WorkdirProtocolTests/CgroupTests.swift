import Testing
import WorkdirProtocol

struct CgroupTests {
    /// Where the group is found: containers with and without a cgroup namespace, a plain host, both versions at once.
    @Test(arguments: [
        (
            "0::/\n",
            "31 24 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw,nsdelegate\n",
            Cgroup.unified("/sys/fs/cgroup")
        ),
        (
            "0::/system.slice/a.service\n",
            "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 24 0:27 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n",
            Cgroup.unified("/sys/fs/cgroup/system.slice/a.service")
        ),
        (
            "0::/../../other\n", "31 24 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
            Cgroup.unified("/sys/fs/cgroup")
        ),
        (
            "0::/kubepods/pod1/abc\n", "31 24 0:27 /kubepods/pod1/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
            Cgroup.unified("/sys/fs/cgroup")
        ),
    ])
    func findsTheUnifiedGroup(membership: String, mounts: String, expected: Cgroup) {
        let files = ["/proc/self/cgroup": membership, "/proc/self/mountinfo": mounts]
        #expect(Cgroup.find { files[$0].map { Array($0.utf8) } } == expected)
    }

    @Test(
        arguments: [
            ([("/c/p/g/memory.max", "max\n")], nil),
            ([("/c/p/g/memory.max", "67108864\n")], 64 << 20),
            // A pod's limit holds for a container that has none, and a container's within a larger pod's.
            ([("/c/p/g/memory.max", "max\n"), ("/c/p/memory.max", "1000000\n")], 1_000_000),
            ([("/c/p/g/memory.max", "4000\n"), ("/c/p/memory.max", "8000\n")], 4000),
            ([("/c/p/memory.limit_in_bytes", "8000\n")], nil), ([], nil),
        ] as [([(String, String)], UInt64?)])
    func findsTheMemoryLimit(files: [(String, String)], expected: UInt64?) {
        let files = Dictionary(uniqueKeysWithValues: files)
        #expect(Cgroup.unified("/c/p/g").memoryLimit { files[$0].map { Array($0.utf8) } } == expected)
    }

    @Test(arguments: [("9223372036854771712\n", nil), ("1048576\n", 1 << 20)] as [(String, UInt64?)])
    func findsTheLegacyMemoryLimit(text: String, expected: UInt64?) {
        let files = [
            "/proc/self/cgroup": "6:memory:/x\n", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": text,
            "/proc/self/mountinfo": "30 24 0:26 / /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
        ]
        let read = { (path: String) in files[path].map { Array($0.utf8) } }
        #expect(Cgroup.find(read: read)?.memoryLimit(read: read) == expected)
    }

    @Test func readsTheUnifiedGroup() {
        let files = [
            "/g/cpu.max": "150000 100000\n",
            "/g/cpu.stat": "usage_usec 1200\nuser_usec 1000\nnr_throttled 3\nthrottled_usec 77\n",
            "/g/memory.current": "4096000\n", "/g/memory.peak": "5000000\n", "/g/memory.max": "max\n",
            "/g/memory.stat": "anon 11\nfile 22\ninactive_file 96000\n", "/g/memory.events": "oom 2\noom_kill 1\n",
            "/g/io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=7\n",
            "/g/pids.current": "9\n",
            "/g/cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=42\nfull avg10=0.00 total=41\n",
        ]
        let sample = Cgroup.unified("/g").sample(time: 7) { files[$0].map { Array($0.utf8) } }
        #expect(
            sample.line == "time=7 cpu=1200 throttled=77 memory=4096000 working-set=4000000 memory-peak=5000000 "
                + "oom-kills=1 read=15 written=27 processes=9 cpu-pressure=42 "
                + "memory-anonymous=11 memory-cache=22 cpu-limit=1500")
    }

    @Test func findsAndReadsTheLegacyGroups() throws {
        let files = [
            "/proc/17/cgroup": "6:memory:/kubepods/x\n5:cpu,cpuacct:/kubepods/x\n4:blkio:/kubepods/x\n0::/y\n",
            "/proc/self/mountinfo": """
            30 24 0:26 /kubepods/x /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
            31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct
            32 24 0:28 /kubepods/x /sys/fs/cgroup/blkio ro - cgroup cgroup rw,blkio
            33 24 0:29 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw
            """,
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1000\n",
            "/sys/fs/cgroup/memory/memory.max_usage_in_bytes": "3000\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "/sys/fs/cgroup/memory/memory.stat":
                "total_cache 30\ntotal_rss 40\ninactive_file 1\ntotal_inactive_file 2000\n",
            "/sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
            "/sys/fs/cgroup/cpu,cpuacct/kubepods/x/cpuacct.usage": "5000000\n",
            "/sys/fs/cgroup/cpu,cpuacct/kubepods/x/cpu.stat": "nr_throttled 1\nthrottled_time 9000\n",
            "/sys/fs/cgroup/cpu,cpuacct/kubepods/x/cpu.cfs_quota_us": "50000\n",
            "/sys/fs/cgroup/cpu,cpuacct/kubepods/x/cpu.cfs_period_us": "100000\n",
            "/sys/fs/cgroup/blkio/blkio.throttle.io_service_bytes": "8:0 Read 5\n8:0 Write 6\n8:0 Sync 11\nTotal 11\n",
        ]
        let read = { (path: String) in files[path].map { Array($0.utf8) } }
        let cgroup = try #require(Cgroup.find(process: "17", read: read))
        #expect(
            cgroup.sample(time: 1, read: read).line
                == "time=1 cpu=5000 throttled=9 memory=1000 working-set=0 memory-peak=3000 oom-kills=4 read=5 written=6 "
                + "memory-anonymous=40 memory-cache=30 cpu-limit=500"
        )
    }

    @Test(arguments: [
        ("max 100000\n", "-1\n", "100000\n"), ("", "", ""), ("0 100000\n", "0\n", "100000\n"), ("5 0\n", "5\n", "0\n"),
        ("18446744073709551615 1\n", "99999999999999999999\n", "1\n"), ("100000", "100000", ""),
    ])
    func hasNoCPULimit(unified: String, quota: String, period: String) {
        let files = [
            "/proc/self/cgroup": "6:cpu:/\n", "/proc/self/mountinfo": "30 24 0:26 / /m ro - cgroup cgroup rw,cpu\n",
            "/g/cpu.max": unified, "/m/cpu.cfs_quota_us": quota, "/m/cpu.cfs_period_us": period,
        ]
        let read = { (path: String) in files[path].map { Array($0.utf8) } }
        #expect(Cgroup.unified("/g").sample(time: 1, read: read)[.cpuLimit] == nil)
        #expect(Cgroup.find(read: read)?.sample(time: 1, read: read)[.cpuLimit] == nil)
    }

    @Test func countsKillsForWantOfMemory() throws {
        let files = [
            "/g/memory.events": "low 0\noom 2\noom_kill 3\noom_group_kill 0\n",
            "/m/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
            "/proc/self/cgroup": "6:memory:/\n",
            "/proc/self/mountinfo": "30 24 0:26 / /m ro - cgroup cgroup rw,memory\n",
        ]
        let read = { (path: String) in files[path].map { Array($0.utf8) } }
        #expect(Cgroup.unified("/g").oomKills(read: read) == 3)
        #expect(try #require(Cgroup.find(read: read)).oomKills(read: read) == 4)
        #expect(Cgroup.unified("/elsewhere").oomKills(read: read) == nil)
    }

    @Test func findsNothingWithoutAFileSystem() {
        #expect(Cgroup.find { _ in nil } == nil)
        #expect(Cgroup.find { _ in Array("garbage\n\n:::\n".utf8) } == nil)
    }

    @Test func anEmptyGroupHasNoValues() {
        #expect(Cgroup.unified("/g").sample(time: 3) { _ in nil } == UsageSample(time: 3))
    }
}

struct MonitorRequestTests {
    @Test(arguments: [
        (MonitorRequest(interval: 10), "interval=10\n"),
        (MonitorRequest(interval: 3, scope: .processes), "interval=3\nscope=processes\n"),
    ])
    func readsWhatItWrites(request: MonitorRequest, text: String) {
        #expect(request.text == text)
        #expect(MonitorRequest(parsing: Array(text.utf8)) == request)
    }

    @Test(arguments: ["", "interval=0\n", "interval=-1\n", "interval=x\n", "scope=processes\n"])
    func refuses(text: String) {
        #expect(MonitorRequest(parsing: Array(text.utf8)) == nil)
    }

    @Test func aProcessKnowsWhatItUsed() throws {
        let sample = UsageSample.ofThisProcess(time: 5)
        #expect(sample.time == 5)
        #expect(try #require(sample[.cpuTime]) > 0)
        #expect(try #require(sample[.memoryPeak]) > 1 << 20)
        #expect(sample[.memory] == nil, "what is not known is left out")
    }
}

struct UsageRecordTests {
    @Test func keepsTheLatestAndThePeaks() {
        var record = UsageRecord()
        for time in 1...100 {
            var sample = UsageSample(time: Int64(time))
            sample[.memory] = time == 10 ? 9000 : 1000
            sample[.cpuTime] = UInt64(time)
            record.append(sample)
        }
        #expect(record.samples.count == UsageRecord.capacity)
        #expect(record.samples.first?.time == 41)
        #expect(record.peak?.line == "time=100 cpu=100 memory=9000")
        #expect(UsageRecord(parsing: Array(record.text.utf8)) == record)
    }

    @Test func skipsWhatIsNoSample() {
        #expect(UsageRecord(parsing: Array("nonsense\npeak \ncpu=1\n\u{0}".utf8)) == UsageRecord())
    }
}
