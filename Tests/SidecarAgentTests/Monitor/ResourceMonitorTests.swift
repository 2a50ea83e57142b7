import Telemetry
import TestSupport
import Testing
import WorkdirProtocol

@testable import SidecarAgent

@Suite struct ResourceMonitorTests {
    private func configuration(_ interval: Duration?) -> MonitorConfiguration {
        var configuration = MonitorConfiguration()
        configuration.interval = interval
        return configuration
    }

    @Test func `disabled, it samples nothing and returns at once`() async throws {
        let registry = MetricRegistry()
        let monitor = ResourceMonitor(configuration(nil), metrics: registry)
        await monitor.run()
        #expect(monitor.summary().isEmpty)
        #expect(registry.exposition().isEmpty)
    }

    @Test func `main's samples come from the entrypoint, with their peaks`() throws {
        let folder = try TemporaryFolder()
        var record = UsageRecord()
        for (time, memory) in [(1, 100), (2, 900), (3, 200)] as [(Int64, UInt64)] {
            var sample = UsageSample(time: time)
            sample[.memory] = memory
            sample[.cpuTime] = UInt64(time) * 1_500_000
            sample[.oomKills] = 1
            sample[.memoryPressure] = 250_000
            record.append(sample)
        }
        try folder.write(record.text, to: WorkdirPath.usage)
        let registry = MetricRegistry()
        let monitor = ResourceMonitor(configuration(.seconds(10)), metrics: registry)
        monitor.attach(try Volume(folder.path, openToAll: false))
        let summary = monitor.summary()
        #expect(summary["main.memory"] == "900")
        #expect(summary["main.cpu"] == "4500000")
        #expect(summary["main.oom-kills"] == "1")
        let text = String(decoding: registry.exposition(), as: UTF8.self)
        #expect(text.contains("kpipe_container_cpu_seconds_total{container=\"main\"} 4.5\n"))
        #expect(text.contains("kpipe_container_memory_bytes{container=\"main\"} 200\n"))
        #expect(text.contains("kpipe_container_memory_peak_bytes{container=\"main\"} 900\n"))
        #expect(text.contains("kpipe_container_oom_kills_total{container=\"main\"} 1\n"))
        #expect(text.contains("kpipe_container_pressure_seconds_total{container=\"main\",resource=\"memory\"} 0.25\n"))
    }

    @Test(.enabled(if: Cgroup.find(read: Cgroup.readFile) != nil, "no control groups here"))
    func `the agent's own use is measured`() throws {
        let monitor = ResourceMonitor(configuration(.seconds(10)), metrics: MetricRegistry())
        monitor.sample()
        #expect(monitor.summary().keys.contains { $0.hasPrefix("agent.") })
    }

    @Test func `a usage file that is none does no harm`() throws {
        let folder = try TemporaryFolder()
        try folder.write([UInt8](repeating: 0xFF, count: 10_000), to: WorkdirPath.usage)
        let monitor = ResourceMonitor(configuration(.seconds(10)), metrics: MetricRegistry())
        monitor.attach(try Volume(folder.path, openToAll: false))
        #expect(!monitor.summary().keys.contains { $0.hasPrefix("main.") })
    }

    @Test func `names are short and the containers bounded`() {
        #expect(
            ResourceMonitor.name(of: "/kubepods/pod1/0123456789abcdef0123456789abcdef") == "0123456789abcdef01234567")
        let board = UsageBoard(interval: nil)
        for number in 0..<100 { board.append(UsageSample(time: 1), of: "c\(number)") }
        #expect(board.current.count == 16)
    }
}
