package import Basics

/// Many steps as one: totals, one timeline, a table, and which of them are not like the others.
package struct StepOverview: Sendable {
    package struct Entry: Sendable {
        package var record: StepRecord
        package var problems: [String]
        /// What is unusual about it: `slow`, `memory`.
        package internal(set) var outlying: [String] = []

        package init(_ record: StepRecord, problems: [String] = []) {
            (self.record, self.problems) = (record, problems)
        }
    }

    /// By their beginning.
    package private(set) var entries: [Entry]

    /// Fewer cannot say what is usual.
    private static let fewest = 8

    package init(_ entries: [Entry]) {
        self.entries = entries.enumerated().sorted { left, right in
            (left.element.record.span.lowerBound, left.offset) < (right.element.record.span.lowerBound, right.offset)
        }.map(\.element)
        mark("slow") { $0.outcome == nil ? nil : $0.length }
        mark("memory") { $0.memoryPeak }
    }

    /// Beyond the third quartile by more than one and a half times what lies between the quartiles, and by a fifth.
    private mutating func mark(_ word: String, _ value: (StepRecord) -> Int64?) {
        let values = entries.compactMap { value($0.record) }.sorted()
        guard values.count >= Self.fewest else { return }
        let (low, middle, high) = (values[values.count / 4], values[values.count / 2], values[values.count * 3 / 4])
        let fence = max(Double(high) + 1.5 * Double(high - low), Double(middle) * 1.2)
        for index in entries.indices {
            if let value = value(entries[index].record), Double(value) > fence { entries[index].outlying.append(word) }
        }
    }

    var span: Range<Int64> {
        let spans = entries.map(\.record.span)
        let start = spans.map(\.lowerBound).min() ?? 0
        return start..<max(start + 1, spans.map(\.upperBound).max() ?? 0)
    }

    func count(_ state: String?) -> Int { entries.count { $0.record.outcome?.state == state } }

    package var sentence: String {
        let (done, running) = (count("DONE"), count(nil))
        var parts = ["\(done) succeeded"]
        if entries.count > done + running { parts.append("\(entries.count - done - running) did not") }
        if running > 0 { parts.append(running == 1 ? "1 goes on" : "\(running) go on") }
        return "\(String(counting: entries.count, "step")) in \(Words.duration(Int64(span.count))): "
            + parts.joined(separator: ", ") + "."
    }

    /// What all of them took, moved and used, in words.
    package var totals: [(name: String, text: String)] {
        func sum(_ value: (StepRecord) -> Int64?) -> Int64 {
            entries.reduce(0) { $0.addingReportingOverflow(value($1.record) ?? 0).partialValue }
        }
        let peak = entries.compactMap(\.record.memoryPeak).max()
        return [
            ("time of all", Words.duration(sum { $0.length })),
            ("main ran", Words.duration(sum { $0.time(of: .running) })),
            ("waited", Words.duration(sum { $0.time(waiting: true) })),
            (
                "fetched",
                "\(String(counting: sum { $0.inputs.files }, "file")), \(ByteSize.rounded(sum { $0.inputs.bytes }))"
            ),
            (
                "stored",
                "\(String(counting: sum { $0.outputs.files }, "file")), \(ByteSize.rounded(sum { $0.outputs.bytes }))"
            ),
            ("CPU", Words.duration(sum { $0.processorTime })),
            ("most memory", peak.map { ByteSize.rounded($0) } ?? "not known"),
            ("tries", "\(sum { $0.outcome?.attempts ?? Int64($0.attempts.count) })"),
        ]
    }

    /// Those that one looks for first: failed, then outlying, then the longest.
    func foremost(_ limit: Int) -> [Entry] {
        guard entries.count > limit else { return entries }
        func rank(_ entry: Entry) -> Int {
            entry.record.outcome.map { $0.state != "DONE" } == true ? 0 : entry.outlying.isEmpty ? 2 : 1
        }
        return entries.enumerated().sorted { left, right in
            (rank(left.element), -left.element.record.length, left.offset)
                < (rank(right.element), -right.element.record.length, right.offset)
        }.prefix(limit).sorted { $0.offset < $1.offset }.map(\.element)
    }

    /// All records in one document.
    package var json: JSONValue {
        [
            "kind": "StepReports", "version": .integer(StepRecord.currentVersion),
            "totals": .object(totals.map { .init($0.name, .string($0.text)) }),
            "outliers": .array(
                entries.filter { !$0.outlying.isEmpty }.map { entry in
                    ["step": .string(entry.record.title), "why": .array(entry.outlying.map { .string($0) })]
                }),
            "steps": .array(entries.map(\.record.json)),
        ]
    }
}

extension StepRecord {
    var memoryPeak: Int64? { usage.first { $0.container == "main" }.flatMap { $0.workingSetPeak ?? $0.memoryPeak } }
    /// Milliseconds, of all containers.
    var processorTime: Int64? {
        let times = usage.compactMap(\.cpu)
        return times.isEmpty ? nil : times.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    func time(of name: RecordedPhase.Name) -> Int64 {
        phases.filter { $0.name == name }.reduce(0) { sum, phase in
            guard let start = phase.start?.milliseconds else { return sum }
            return sum + max(0, (phase.end?.milliseconds ?? span.upperBound) - start)
        }
    }
}
