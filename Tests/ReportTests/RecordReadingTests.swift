import Basics
import Foundation
import TestSupport
import Testing

@testable import Report

@Suite struct RecordReadingTests {
    @Test(arguments: [
        StepSamples.good, StepSamples.outOfMemory, StepSamples.inputMissing, StepSamples.retriedTwice,
        StepSamples.eightHours,
        StepSamples.hostile, StepRecord(),
    ])
    func `what is written is read`(record: StepRecord) throws {
        let reading = try StepRecord.reading(record.encoded)
        #expect(reading.problems == [])
        // What was measured is rounded to the thousandth once.
        #expect(reading.record.encoded == record.encoded)
        #expect(reading.record.step == record.step)
        #expect(reading.record.files == record.files)
        #expect(reading.record.phases == record.phases)
    }

    @Test func `the schema checked in is the reader's own`() throws {
        let checkedIn = try String(contentsOfFile: Repository.path("docs/schema/report.schema.json"), encoding: .utf8)
        #expect(
            checkedIn == StepRecord.schemaText,
            "write it anew: kpipe-sidecar schema report > docs/schema/report.schema.json")
    }

    @Test(.requires(.python), arguments: [StepSamples.good, StepSamples.inputMissing, StepSamples.hostile])
    func `records keep to the schema`(record: StepRecord) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(record.encoded, to: "report.json")
        try await output(
            try #require(Tool.python.path),
            [
                "-c",
                "import json, sys, jsonschema; jsonschema.Draft202012Validator(json.load(open(sys.argv[1])), "
                    + "format_checker=jsonschema.FormatChecker()).validate(json.load(open(sys.argv[2])))",
                Repository.path("docs/schema/report.schema.json"), file,
            ])
    }

    @Test func `a torn record is shown as far as it goes`() throws {
        let whole = StepSamples.good.encoded
        var kept: [Int] = []
        for part in stride(from: 60, to: whole.count, by: whole.count / 40) {
            let reading = try StepRecord.reading(Array(whole.prefix(part)))
            #expect(reading.problems.first?.hasPrefix("the record is torn (") == true, "\(part)")
            kept.append(reading.record.files.count + reading.record.usage.count + reading.record.states.count)
        }
        #expect(kept == kept.sorted())
        #expect(kept.last ?? 0 > 25)
    }

    @Test func `a newer record is shown as far as it is known`() throws {
        let json =
            #"{"kind":"StepReport","version":7,"news":[{"deep":[1,2]}],"step":{"pod":"p","color":"red"},"phases":[{"name":"dreaming"}],"start":"2026-11-29T12:00:00.250Z"}"#
        let reading = try StepRecord.reading(Array(json.utf8))
        #expect(reading.problems.count == 1)
        #expect(reading.problems.first?.contains("version 7") == true)
        #expect(reading.record.step.pod == "p")
        #expect(reading.record.phases.first?.name == .other)
        #expect(reading.record.start?.description == "2026-11-29T12:00:00.250Z")
    }

    @Test(arguments: [
        ("", "is not JSON"), ("[1]", "is a list, not an object"), ("{}", "kind is not StepReport"),
        (#"{"kind":"Manifest"}"#, "kind is not"),
        ("<html>", "is not JSON"), (#"{"kind":7}"#, "is not JSON"), (#"{"version":1,"#, "is not JSON"),
    ])
    func `what is no record is said to be none`(text: String, why: String) {
        #expect { try StepRecord.reading(Array(text.utf8)) } throws: { "\($0)".contains(why) }
    }

    @Test func `times that run backwards are told and drawn all the same`() throws {
        var record = StepSamples.good
        record.end = StepSamples.at(-50)
        record.states[3].time = StepSamples.at(-4000)
        record.phases[1].end = StepSamples.at(-9)
        let reading = try StepRecord.reading(record.encoded)
        #expect(reading.problems.count == 1)
        #expect(reading.problems.first?.contains("the step, its phases, its states") == true)
        #expect(reading.record.length > 0)
        #expect(!StepPage.html(reading.record, problems: reading.problems).isEmpty)
        #expect(StepText.text(reading.record, problems: reading.problems).contains("backwards"))
    }

    @Test(arguments: [
        #""start":"9999-12-31T23:59:59Z","end":"0001-01-01T00:00:00Z""#,
        #""usage":[{"container":"main","cpu":1e300,"every":9e18,"start":"9999-12-31T23:59:59Z","series":[{"metric":"cpu","mean":[1e308,-1e308,null,"x",true]}]}]"#,
        #""inputs":{"files":-5,"bytes":99999999999999999999,"took":1e400},"files":[{"bytes":-9223372036854775808,"retries":9223372036854775807,"start":"2026-01-01T00:00:00Z","end":"2026-01-01T00:00:01Z"}]"#,
        #""outcome":{"exitCode":-99999999999999999999,"attempts":9999999999}"#,
        #""attempts":[{"number":9223372036854775807,"start":"0001-01-01T00:00:00Z"}],"states":null,"step":null"#,
        #""containers":[{"requests":{"cpu":-1,"memory":0},"limits":{"memory":9223372036854775807}}],"usage":[{"container":"main","workingSetPeak":9223372036854775807,"oomKills":3,"memoryLimit":9223372036854775807}]"#,
    ])
    func `numbers and times from anybody do no harm`(members: String) throws {
        let reading = try StepRecord.reading(Array("{\"kind\":\"StepReport\",\"version\":1,\(members)}".utf8))
        #expect(!StepPage.html(reading.record).isEmpty)
        #expect(!StepText.text(reading.record).isEmpty)
    }

    @Test func `more than a reader holds is left out and told`() throws {
        let states = Array(repeating: #"{"state":"A"}"#, count: 2500).joined(separator: ",")
        let reading = try StepRecord.reading(
            Array("{\"kind\":\"StepReport\",\"version\":1,\"states\":[\(states)]}".utf8))
        #expect(reading.record.states.count == 2000)
        #expect(reading.problems == ["of 2500 states the first 2000 are shown"])
    }

    @Test func `an overview passes over files and series`() throws {
        let reading = try StepRecord.reading(StepSamples.good.encoded, isBrief: true)
        #expect(reading.problems == [])
        #expect(reading.record.files.isEmpty)
        #expect(reading.record.usage.map(\.series.count) == [0, 0])
        #expect(reading.record.inputs == StepSamples.good.inputs)
        #expect(reading.record.log.lines.count == 40)
    }

    @Test func `whoever may not see names sees states and numbers`() throws {
        let secret = "s3cr3t"
        var record = StepSamples.good
        record.files[0].url = secret
        record.log.lines = [secret]
        record.warnings = [secret]
        record.outcome = StepSamples.outcome("ERROR", "Error", secret, exit: 1)
        record.states[1].message = secret
        record.attempts[0].message = secret
        record.containers[0].image = secret
        let redacted = record.redacted
        #expect(!String(decoding: redacted.encoded, as: UTF8.self).contains(secret))
        #expect(redacted.states.map(\.state) == record.states.map(\.state))
        #expect(redacted.inputs.bytes == record.inputs.bytes)
        #expect(redacted.inputs.unlisted == 24)
        #expect(redacted.usage == record.usage)
    }
}
