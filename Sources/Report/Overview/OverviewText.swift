import Basics

extension StepOverview {
    /// A line a step, in 80 columns, and totals.
    package func text(notes: [String] = []) -> String {
        var text = StepText.wrapped(sentence)
        for note in notes { text += StepText.wrapped("warning: \(note.printable())", indent: "  ") }
        text += "\n" + StepText.padded("STEP", 30) + StepText.padded("STATE", 12)
        text += ["TOOK", "WAITED", "CPU", "MEMORY"].map { StepText.leading($0, 9) }.joined() + "\n"
        for entry in entries {
            let record = entry.record
            let state = record.outcome?.state ?? record.states.last?.state ?? "?"
            let cells = [
                Words.duration(record.length), record.time(waiting: true).map(Words.duration) ?? "-",
                record.processorTime.map(Words.duration) ?? "-", record.memoryPeak.map { ByteSize.rounded($0) } ?? "-",
            ]
            text += StepText.padded(record.title, 30) + StepText.padded(state.printable(limit: 40), 12)
            text += cells.map { StepText.leading($0, 9) }.joined() + "\n"
            let why =
                [record.outcome?.reason?.printable(limit: 80)].compactMap { $0 }
                + entry.outlying.map { "outlier: \($0)" } + entry.problems.map { $0.printable() }
            if !why.isEmpty { text += StepText.wrapped(why.joined(separator: "; "), indent: "    ") }
        }
        return text + "\n" + totals.map { StepText.padded($0.name, 14) + "\($0.text)\n" }.joined()
    }

    /// As JUnit writes it: a step is a test, one that did not succeed a failure. For CI that shows such files.
    package var junit: String {
        let failed = entries.count { $0.record.outcome.map { $0.state != "DONE" } == true }
        func seconds(_ milliseconds: Int64) -> String { RecordLimits.thousandths(milliseconds) }
        var xml =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"kpipe-sidecar\" "
            + "tests=\"\(entries.count)\" failures=\"\(failed)\" skipped=\"\(count(nil))\" time=\"\(seconds(Int64(span.count)))\">\n"
        for entry in entries {
            let record = entry.record
            let group = [record.step.namespace, record.step.job].compactMap { $0 }.joined(separator: ".")
            xml +=
                "<testcase classname=\"\(HTML.text(group))\" name=\"\(HTML.text(record.title))\" time=\"\(seconds(record.length))\">"
            if let outcome = record.outcome, outcome.state != "DONE" {
                xml +=
                    "<failure type=\"\(HTML.text(outcome.reason ?? outcome.state ?? ""))\" message=\"\(HTML.text(record.sentence))\">"
                xml += "\(HTML.text(outcome.message ?? "", limit: 4096))</failure>"
            } else if record.outcome == nil {
                xml += "<skipped message=\"it goes on\"/>"
            }
            if !record.log.lines.isEmpty {
                let lines = record.log.lines.suffix(100).map { HTML.text($0) }.joined(separator: "\n")
                xml += "<system-out>\(lines)</system-out>"
            }
            xml += "</testcase>\n"
        }
        return xml + "</testsuite>\n</testsuites>\n"
    }
}
