import Testing
import WorkdirProtocol

@testable import SidecarAgent

@Suite struct ProcessUsageTests {
    /// As Linux 6.1 writes it; the program calls itself `a) b`.
    static let stat = Array(
        "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 100 223129600 2560 18446744073709551615 1 1"
            .utf8)
    static let io = Array("rchar: 9\nwchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n".utf8)

    @Test func `reads a process`() throws {
        let process = try #require(
            ProcessUsage(
                stat: Self.stat, cgroup: Array("0::/../abc\n".utf8), io: Self.io, ticksPerSecond: 100, pageSize: 4096))
        #expect(process.cpuTime == 2_000_000)
        #expect(process.resident == 2560 * 4096)
        #expect(process.bytesRead == 4096)
        #expect(process.bytesWritten == 8192)
        #expect(process.group == "/../abc")
    }

    @Test func `sums the processes of a group`() throws {
        let processes = ["0::/a", "0::/a", "4:memory:/b\n0::/"].compactMap { group in
            ProcessUsage(stat: Self.stat, cgroup: Array(group.utf8), io: nil, ticksPerSecond: 100, pageSize: 1)
        }
        let samples = ProcessUsage.samples(processes, time: 7)
        #expect(samples["/a"]?.line == "time=7 cpu=4000000 memory=5120 processes=2")
        #expect(samples["/b"]?.line == "time=7 cpu=2000000 memory=2560 processes=1")
    }

    @Test(arguments: ["", "42 (x", "42 (x) S 1", "42 (x) S a b c d e f g h i j k l m n o p q r s t u v w"])
    func `makes nothing of nonsense`(text: String) {
        #expect(
            ProcessUsage(stat: Array(text.utf8), cgroup: [], io: nil, ticksPerSecond: 100, pageSize: 4096) == nil)
    }
}
