import Basics
import Foundation
import TestSupport
import Testing

@testable import Report

@Suite struct StepPageTests {
    private static func page(_ record: StepRecord) -> String { String(decoding: StepPage.html(record), as: UTF8.self) }

    @Test(.requires(.openssl)) func `the policy names the style and the script that stand in the page`() async throws {
        let folder = try TemporaryFolder()
        for (text, hash) in [(PageStyle.style, PageStyle.styleHash), (PageStyle.script, PageStyle.scriptHash)] {
            let file = try folder.write(text, to: "text")
            let found = try await output("/bin/sh", ["-c", "openssl dgst -sha256 -binary \(file) | openssl base64 -A"])
            #expect(found == hash)
        }
        let page = Self.page(StepSamples.good)
        #expect(
            page.contains("<style>\(PageStyle.style)</style>") && page.contains("<script>\(PageStyle.script)</script>"))
        #expect(page.contains("default-src 'none'; style-src 'sha256-\(PageStyle.styleHash)'"))
    }

    @Test(arguments: [StepSamples.manyFiles(), StepSamples.manyFiles(600), StepSamples.eightHours, StepSamples.hostile])
    func `a page stays small whatever the step`(record: StepRecord) {
        var record = record
        for index in record.files.indices where index % 2 == 0 {
            record.files[index].path = "\(index)/" + String(repeating: "ü", count: 900)
        }
        #expect(StepPage.html(record).count < 400_000)
    }

    @Test func `the record of many files has them all, its page the telling ones`() throws {
        let record = StepSamples.manyFiles()
        #expect(try StepRecord.reading(record.encoded).record.files.count == 20_000)
        let page = Self.page(record)
        #expect(page.contains("500 of 20000 transfers"))
        #expect(page.components(separatedBy: "<td>input</td>").count - 1 == 500)
        #expect(
            page.components(separatedBy: "tried again</em>").count - 1 == record.files.filter { $0.retries > 0 }.count)
    }

    @Test func `every text from outside is escaped`() {
        let page = Self.page(StepSamples.hostile)
        let ours = page.components(separatedBy: "<script>")
        #expect(ours.count == 2 && ours[1].hasPrefix(PageStyle.script))
        #expect(
            !page.contains("<img") && !page.contains("\u{1B}") && !page.contains("\u{202E}") && !page.contains("\u{0}"))
        #expect(!page.contains(StepSamples.attack))
        // No attribute is left: each quote that is not ours is an entity.
        #expect(!page.contains("onerror=alert(2)>\""))
    }

    @Test(arguments: [
        (StepSamples.good, "Step nightly-7fk2p of Job nightly succeeded in 12m 30s."),
        (
            StepSamples.outOfMemory,
            "Step train-x8z4q of Job nightly was killed after 5m 10s; main: OOMKilled, exit code 137."
        ),
        (
            StepSamples.inputMissing,
            "Step fetch-missing of Job nightly failed after 3.2s; agent: InputMissing, exit code 66."
        ),
        (StepSamples.retriedTwice, "Step flaky-2 of Job nightly succeeded in 6m 40s and 3 tries."),
    ])
    func `one sentence says how it ended`(record: StepRecord, sentence: String) {
        #expect(record.sentence == sentence)
        #expect(Self.page(record).contains("<h1>\(sentence)</h1>"))
        #expect(StepText.text(record).split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(sentence))
    }

    @Test func `a step that goes on says so, and its page asks again`() {
        var record = StepSamples.step("live", 65, nil)
        record.states = [StepSamples.state("TRAINING", 60)]
        #expect(record.sentence == "Step live of Job nightly has been going on for 1m 5s, last in state TRAINING.")
        let page = String(decoding: StepPage.html(record, refresh: 5), as: UTF8.self)
        #expect(page.contains(#"<meta http-equiv="refresh" content="5">"#))
        #expect(!Self.page(record).contains("http-equiv=\"refresh\""))
    }

    @Test func `the suggestion is the peak and a fifth, and more than an out of memory showed`() throws {
        func memory(_ record: StepRecord) -> ResourceAdvice? {
            ResourceAdvice.all(of: record).first { $0.container == "main" && $0.resource == .memory }
        }
        let good = try #require(memory(StepSamples.good))
        #expect(good.suggestion >= good.used / 5 * 6 && good.suggestion < good.used / 4 * 5)
        #expect(good.share == Int64(Double(good.used) / Double(2 << 30) * 100))
        #expect(good.suggestionText == "\(good.suggestion >> 20)Mi")
        let killed = try #require(memory(StepSamples.outOfMemory))
        #expect(killed.suggestion >= 768 << 20)
        #expect(killed.basis.hasPrefix("out of memory"))
        let processor = ResourceAdvice.all(of: StepSamples.good).first { $0.container == "main" && $0.resource == .cpu }
        #expect(processor?.used == 1700 && processor?.suggestionText == "2050m")
    }
}

@Suite struct StepTextTests {
    @Test(arguments: [
        StepSamples.good, StepSamples.outOfMemory, StepSamples.inputMissing, StepSamples.retriedTwice,
        StepSamples.eightHours,
        StepSamples.hostile, StepSamples.manyFiles(2000),
    ])
    func `the text fits into 80 columns`(record: StepRecord) {
        let text = StepText.text(record, problems: ["the record is torn"])
        for line in text.split(separator: "\n") where line.contains(" ") {
            #expect(line.count <= 80 || line.split(separator: " ").contains { $0.count > 60 }, "\(line)")
        }
        #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
        #expect(text.split(separator: "\n").count < 90)
    }

    @Test func `the timeline shows waits, work and tries`() {
        let lines = StepText.text(StepSamples.retriedTwice).split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("  fetching inputs") && $0.contains("|===") })
        #expect(lines.contains { $0.hasPrefix("  waiting for retry ") })
        #expect(lines.filter { $0.contains("main, try") }.count == 3)
        #expect(lines.contains { $0.contains("main, try 3") && $0.contains("++++") })
        #expect(lines.contains { $0.contains("main, try 1") && $0.contains("xxx") })
    }
}
