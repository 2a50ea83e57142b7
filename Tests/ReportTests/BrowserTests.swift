import Basics
import Foundation
import TestSupport
import Testing

@testable import Report

/// Pages in a real Chromium: what is drawn is read there, not in our own text. With `KPIPE_SCREENSHOTS=FOLDER` the pages
/// and their pictures (light, dark, narrow) stay in that folder.
@Suite(.requires(.chromium, .chromedriver, .python), .requires(module: .selenium), .serialized) struct BrowserTests {
    private struct Seen: Decodable {
        struct Bar: Decodable {
            var label: String
            var left: Double
            var width: Double
            var fill: String
        }

        struct Table: Decodable {
            var caption: String
            var rows: Int
            /// The columns that were sorted, each downwards and then upwards, as numbers.
            var sorted: [String: [[Double]]]
        }

        var title: String
        var heading: String
        var errors: [String]
        var requests: [String]
        var bars: [Bar]
        var plots: [String]
        var readout: String
        var tables: [Table]
        var marked: [String]
        var log: [String]
        var dialogs: Int
        var overflow: [String: Double]
        /// Of text on its ground, the least in light and dark.
        var contrast: [String: Double]
    }

    private static func look(at page: [UInt8], as name: String) async throws -> Seen {
        let folder = try TemporaryFolder("browser")
        let kept = ProcessInfo.processInfo.environment["KPIPE_SCREENSHOTS"]
        let place = kept ?? folder.path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let file = "\(place)/\(name).html"
        try Data(page).write(to: URL(filePath: file))
        let text = try await output(
            try #require(Tool.python.path),
            [Repository.path("Tests/ReportTests/browser.py"), file] + (kept == nil ? [] : ["\(place)/\(name)"]),
            environment: [
                "CHROMIUM": Tool.chromium.path ?? "", "CHROMEDRIVER": Tool.chromedriver.path ?? "",
                "HOME": folder.path,
            ], limit: .seconds(120))
        return try JSONDecoder().decode(Seen.self, from: Data(text.utf8))
    }

    @Test(
        arguments: [
            ("good", StepSamples.good), ("out-of-memory", StepSamples.outOfMemory),
            ("input-missing", StepSamples.inputMissing),
            ("retried", StepSamples.retriedTwice), ("eight-hours", StepSamples.eightHours),
            ("many-files", StepSamples.manyFiles()), ("hostile", StepSamples.hostile),
        ])
    func `a page asks nobody, fails nowhere and shows what the record says`(name: String, record: StepRecord)
        async throws
    {
        let seen = try await Self.look(at: StepPage.html(record), as: name)
        #expect(seen.errors == [])
        #expect(seen.requests.allSatisfy { $0.hasPrefix("file://") || $0 == "data:," }, "\(seen.requests)")
        #expect(seen.dialogs == 0)
        #expect(seen.heading == record.sentence)
        #expect(seen.overflow.values.allSatisfy { $0 <= 0 }, "\(seen.overflow)")
        #expect(seen.contrast.values.allSatisfy { $0 >= 4.5 }, "\(seen.contrast)")
        if name != "hostile" {
            // Each phase is drawn where it was, to the half of a hundredth of the step.
            let span = record.span
            for phase in record.phases {
                let start = try #require(phase.start).milliseconds
                let end = phase.end?.milliseconds ?? span.upperBound
                let bar = try #require(
                    seen.bars.first { bar in
                        bar.label.hasPrefix("\(phase.words), \(Words.duration(end - start))")
                            && abs(bar.left - Double(start - span.lowerBound) / Double(span.count)) < 0.005
                    }, "\(phase)")
                #expect(abs(bar.width - Double(end - start) / Double(span.count)) < 0.005, "\(bar)")
                #expect(bar.fill != "rgb(0, 0, 0)")
            }
        }
        if let files = seen.tables.first(where: { $0.caption.contains("transfer") }) {
            #expect(files.rows == min(500, record.files.count))
            for column in ["size", "took", "waited", "rate", "retries"] {
                let both = try #require(files.sorted[column])
                #expect(both[0] == both[0].sorted(by: >) && both[1] == both[1].sorted())
                #expect(both[0].count == files.rows)
            }
            #expect(record.files.count < 2 || name == "hostile" || seen.marked.contains("slowest"))
        }
        if let last = record.log.lines.last {
            #expect(seen.log.joined(separator: "\n").contains(last.printable(limit: 500)))
        }
        if record.plots.contains(where: { !$0.lines.isEmpty }) {
            #expect(seen.plots.count == record.plots.filter { !$0.lines.isEmpty }.count)
            #expect(!seen.readout.isEmpty)
        }
    }

    @Test func `many steps and a Job's pods are drawn as well`() async throws {
        let samples = [
            StepSamples.good, StepSamples.outOfMemory, StepSamples.retriedTwice, StepSamples.inputMissing,
            StepSamples.hostile,
        ]
        let many = StepOverview(
            (0..<30).map { number in
                var record = samples[number % samples.count]
                if number % samples.count != 4 { record.step.pod = "step-\(number)" }
                return .init(record)
            })
        let overview = try await Self.look(at: many.html(), as: "overview")
        let pods = samples.map { record -> JobPage.Pod in
            var record = record
            if record.containers.count > 1 { record.containers[0].note = "keeps the pod open; next: image" }
            return .init(record, verdict: "main succeeded; held open by agent", notes: ["proxy was asked to leave"])
        }
        let job = try await Self.look(
            at: JobPage.html(title: "job/nightly", sentence: "not complete: 0 of 1 succeeded", pods: pods), as: "job")
        for seen in [overview, job] {
            #expect(seen.errors == [] && seen.dialogs == 0)
            #expect(seen.overflow.values.allSatisfy { $0 <= 0 }, "\(seen.overflow)")
            #expect(seen.contrast.values.allSatisfy { $0 >= 4.5 }, "\(seen.contrast)")
            #expect(seen.requests.allSatisfy { $0.hasPrefix("file://") || $0 == "data:," })
        }
        #expect(overview.heading == many.sentence)
        #expect(overview.tables.first?.rows == 30)
        let took = try #require(overview.tables.first?.sorted["took"])
        #expect(took[0] == took[0].sorted(by: >) && took[1] == took[1].sorted())
        #expect(job.bars.contains { $0.label.contains("keeps the pod open; next: image") })
    }
}
