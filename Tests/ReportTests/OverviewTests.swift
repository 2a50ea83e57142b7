import Basics
import Foundation
import TestSupport
import Testing

@testable import Report

@Suite struct OverviewTests {
    private static func record(_ number: Int, seconds: Double = 60, state: String? = "DONE", peak: Double = 1e8)
        -> StepRecord
    {
        var record = StepSamples.step("step-\(number)", seconds, state.map { StepSamples.outcome($0) })
        record.phases = [
            StepSamples.phase(.initializing, 0, 5), StepSamples.phase(.ready, 5, 8),
            StepSamples.phase(.running, 8, seconds),
        ]
        var usage = RecordedUsage()
        (usage.container, usage.cpu, usage.workingSetPeak) = ("main", 30_000, Int64(peak))
        record.usage = [usage]
        (record.inputs.files, record.inputs.bytes) = (2, 1 << 20)
        return record
    }

    @Test func `totals are sums, outliers those far from the others`() {
        let records = (0..<20).map {
            Self.record($0, seconds: $0 == 4 ? 600 : 60 + Double($0), peak: $0 == 5 ? 9e8 : 1e8)
        }
        let overview = StepOverview(
            (records + [Self.record(20, state: "ERROR"), Self.record(21, state: nil)]).map { .init($0) })
        #expect(overview.sentence == "22 steps in 10m: 20 succeeded, 1 did not, 1 goes on.")
        #expect(overview.entries.filter { !$0.outlying.isEmpty }.map(\.record.title) == ["step-4", "step-5"])
        #expect(overview.entries.map(\.outlying).filter { !$0.isEmpty } == [["slow"], ["memory"]])
        let totals = Dictionary(uniqueKeysWithValues: overview.totals.map { ($0.name, $0.text) })
        #expect(totals["waited"] == "1m 6s" && totals["CPU"] == "11m" && totals["fetched"] == "44 files, 22 MiB")
    }

    @Test func `a few steps have no outliers`() {
        let overview = StepOverview((0..<5).map { .init(Self.record($0, seconds: $0 == 0 ? 9000 : 1)) })
        #expect(overview.entries.filter { !$0.outlying.isEmpty }.isEmpty)
    }

    /// 2,000 records are read and drawn; none that failed is missing, and the page stays small.
    @Test func `of two thousand those that failed are there`() throws {
        let documents = (0..<2000).map {
            Self.record($0, seconds: 60 + Double($0 % 50), state: $0 % 100 == 7 ? "KILLED" : "DONE").encoded
        }
        let entries = try documents.map { StepOverview.Entry(try StepRecord.reading($0, isBrief: true).record) }
        let overview = StepOverview(entries)
        let page = String(decoding: overview.html(), as: UTF8.self)
        #expect(page.utf8.count < 400_000)
        #expect(page.components(separatedBy: "<td>KILLED</td>").count == 21)
        #expect(page.contains("700 of 2000 steps"))
        #expect(overview.text().split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func `texts from outside are escaped in every form`() {
        let overview = StepOverview([
            .init(StepSamples.hostile, problems: [StepSamples.attack]), .init(StepSamples.good),
        ])
        let page = String(decoding: overview.html(notes: [StepSamples.attack]), as: UTF8.self)
        #expect(!page.contains("<img") && page.components(separatedBy: "<script>").count == 2)
        #expect(!overview.junit.contains("<img") && !overview.junit.contains("\u{0}"))
        #expect(!overview.text().contains("\u{1B}"))
        let pod = JobPage.Pod(StepSamples.hostile, verdict: StepSamples.attack, notes: [StepSamples.attack])
        let job = String(
            decoding: JobPage.html(title: StepSamples.attack, sentence: StepSamples.attack, pods: [pod]), as: UTF8.self)
        #expect(!job.contains("<img") && job.components(separatedBy: "<script>").count == 2)
    }
}
