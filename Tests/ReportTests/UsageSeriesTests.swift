import Basics
import Testing
import WorkdirProtocol

@testable import Report

@Suite struct UsageSeriesTests {
    private static func sample(_ second: Int, memory: UInt64? = nil, cpu: UInt64? = nil) -> UsageSample {
        var sample = UsageSample(time: StepSamples.at(Double(second)).milliseconds)
        sample[.memoryWorkingSet] = memory
        sample[.cpuTime] = cpu
        return sample
    }

    private static func series(_ samples: [UsageSample], interval: Int64 = 10_000) -> RecordedUsage {
        var series = UsageSeries(interval: interval)
        for sample in samples { series.add(sample) }
        return series.recorded(of: "main", peak: nil)
    }

    /// However long the step: a peak of one sample stays as high, a dip as low, and the mean is that of all.
    @Test(arguments: [30, 239, 240, 241, 2880, 100_000])
    func `thinning never drops a peak`(count: Int) throws {
        let (high, low) = (count / 3, count / 2)
        let usage = Self.series(
            (0..<count).map { Self.sample($0 * 10, memory: $0 == high ? 9_000_000 : $0 == low ? 1 : 1_000_000) })
        let memory = try #require(usage.series(.memoryWorkingSet))
        #expect(memory.mean.count <= UsageSeries.capacity)
        #expect(memory.peak == 9_000_000)
        #expect(memory.lowest.compactMap { $0 }.min() == 1)
        let every = try #require(usage.every)
        #expect(every % 10_000 == 0)
        // The peak stands where it was.
        let place = try #require(memory.highest.firstIndex(of: 9_000_000))
        #expect(place == Int(Int64(high) * 10_000 / every))
        #expect(count < 100_000 || every > 10_000)
    }

    @Test func `counters are told by the second, gauges as they stand`() throws {
        let usage = Self.series([
            Self.sample(0, memory: 10, cpu: 0), Self.sample(10, memory: 30, cpu: 5_000_000),
            Self.sample(20, memory: 20, cpu: 25_000_000),
        ])
        #expect(usage.series(.memoryWorkingSet)?.mean == [10, 30, 20])
        #expect(usage.series(.cpuTime)?.mean == [nil, 0.5, 2])
    }

    @Test func `what was not measured is absent, not zero`() throws {
        let usage = Self.series([Self.sample(0, memory: 5), Self.sample(10), Self.sample(40, memory: 7)])
        #expect(usage.series(.memoryWorkingSet)?.mean == [5, nil, nil, nil, 7])
        #expect(usage.series(.cpuTime) == nil)
        #expect(usage.oomKills == nil && usage.memoryLimit == nil && usage.cpu == nil)
        #expect(!usage.json.text.contains("oomKills"))
    }

    /// The entrypoint leaves its last samples again and again; a container that starts anew counts from 0.
    @Test func `samples seen before and counters that start anew do no harm`() throws {
        let first = [Self.sample(0, cpu: 0), Self.sample(10, cpu: 10_000_000)]
        let usage = Self.series(first + first + [Self.sample(20, cpu: 1_000_000), Self.sample(30, cpu: 6_000_000)])
        #expect(usage.series(.cpuTime)?.mean == [nil, 1, nil, 0.5])
    }

    @Test func `a clock that is set does not make room for a century`() throws {
        let usage = Self.series([
            Self.sample(0, memory: 1), Self.sample(2_000_000_000, memory: 2), Self.sample(10, memory: 3),
        ])
        #expect(usage.series(.memoryWorkingSet)?.mean == [1, 3])
    }

    @Test func `totals are those of the peak`() {
        var series = UsageSeries(interval: 1000)
        series.add(Self.sample(0))
        var peak = UsageSample(time: 0)
        (peak[.cpuTime], peak[.memoryPeak], peak[.oomKills], peak[.cpuLimit]) = (2_500_000, 4096, 1, 1500)
        let usage = series.recorded(of: "main", peak: peak)
        #expect(usage.cpu == 2500 && usage.memoryPeak == 4096 && usage.oomKills == 1 && usage.cpuLimit == 1500)
    }
}

@Suite struct TransferLedgerTests {
    @Test func `waits stand apart from work`() {
        var ledger = TransferLedger(limit: 10)
        ledger.take(.began(path: "a", url: "u"), .input, at: StepSamples.at(0))
        ledger.take(.admitted(url: "u"), .input, at: StepSamples.at(2))
        ledger.take(.retrying(url: "u", pause: .seconds(1)), .input, at: StepSamples.at(3))
        ledger.take(.admitted(url: "u"), .input, at: StepSamples.at(4))
        ledger.take(.done(path: "a", url: "u", bytes: 14_000, sha256: nil), .input, at: StepSamples.at(10))
        var record = StepRecord()
        ledger.write(to: &record)
        #expect(record.files.first?.waited == 3000)
        #expect(record.files.first?.took == 10_000)
        #expect(record.files.first?.rate == 2000)
        #expect(record.files.first?.retries == 1)
        #expect(record.inputs.retries == 1 && record.inputs.waited == 3000 && record.inputs.took == 10_000)
    }

    @Test func `of many the failed, the retried and the slowest stay, and nothing is lost from the sums`() {
        var ledger = TransferLedger(limit: 50)
        for number in 0..<5000 {
            let (path, url, start) = ("f\(number)", "u\(number)", Double(number))
            ledger.take(.began(path: path, url: url), .output, at: StepSamples.at(start))
            if number == 77 { ledger.take(.retrying(url: url, pause: .zero), .output, at: StepSamples.at(start)) }
            if number == 1234 {
                ledger.take(.failed(url: url, error: "no"), .output, at: StepSamples.at(start))
            } else {
                let took = number == 2500 ? 60 : 0.5
                ledger.take(
                    .done(path: path, url: url, bytes: 10, sha256: nil), .output, at: StepSamples.at(start + took))
            }
        }
        ledger.take(.skipped(path: "s", url: "s", bytes: 5), .output, at: StepSamples.at(6000))
        ledger.take(.leftOut(path: "socket", why: "is no file"), .output, at: StepSamples.at(6000))
        var record = StepRecord()
        ledger.write(to: &record)
        #expect(record.files.count == 50)
        let names = record.files.map { $0.path ?? "" }
        #expect(Set(["f77", "f1234", "f2500", "socket"]).isSubset(of: names))
        #expect(record.outputs.files == 4999 && record.outputs.failed == 1 && record.outputs.bytes == 49_990)
        #expect(record.outputs.skipped == 1 && record.outputs.leftOut == 1)
        #expect(record.outputs.unlisted == 5002 - 50)
        #expect(record.outputs.total == 5002)
    }

    @Test func `what is kept while transfers go on is bounded by their number`() {
        var ledger = TransferLedger(limit: 100)
        var most = 0
        for number in 0..<50_000 {
            let url = "s3://b/\(number)"
            ledger.take(.began(path: "\(number)", url: url), .input, at: StepSamples.at(Double(number) / 1000))
            ledger.take(.admitted(url: url), .input, at: StepSamples.at(Double(number) / 1000))
            ledger.take(
                .done(path: "\(number)", url: url, bytes: 1, sha256: nil), .input,
                at: StepSamples.at(Double(number + number % 7) / 1000))
            guard number.isMultiple(of: 97) else { continue }
            let kept = Mirror(reflecting: ledger).children.compactMap { child -> Int? in
                if let rows = child.value as? [RecordedTransfer] { return rows.count }
                return child.label == "open" ? Mirror(reflecting: child.value).children.count : nil
            }
            most = max(most, kept.reduce(0, +))
        }
        #expect(most > 100 && most < 200)
        var record = StepRecord()
        ledger.write(to: &record)
        #expect(record.files.count == 100 && record.inputs.files == 50_000 && record.inputs.unlisted == 49_900)
    }
}
