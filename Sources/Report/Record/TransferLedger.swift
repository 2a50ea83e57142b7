package import Basics

/// Keeps account of transfers as they happen, in bounded room: sums of all, and rows of those that somebody will ask about.
package struct TransferLedger: Sendable {
    package enum Event: Sendable {
        case began(path: String, url: String)
        /// A request of it got a place.
        case admitted(url: String)
        case retrying(url: String, pause: Duration)
        case done(path: String, url: String, bytes: Int64, sha256: String?)
        /// In place already.
        case skipped(path: String, url: String, bytes: Int64)
        case failed(url: String, error: String)
        case leftOut(path: String, why: String)
    }

    private struct Open {
        var path: String
        var start: UnixTime
        var admitted: UnixTime?
        var paused: Int64 = 0
        var retries: Int64 = 0
    }

    private let limit: Int
    private var open: [String: Open] = [:]
    private var rows: [RecordedTransfer] = []
    private var sums: [RecordedTransfer.Direction: TransferSums] = [:]
    private var spans: [RecordedTransfer.Direction: (start: UnixTime, end: UnixTime)] = [:]

    /// - Parameter limit: rows kept. Of more, those go first that neither failed nor were tried again, quickest first.
    package init(limit: Int) {
        self.limit = max(1, limit)
    }

    package mutating func take(_ event: Event, _ direction: RecordedTransfer.Direction, at now: UnixTime) {
        switch event {
        case .began(let path, let url): open[url] = Open(path: path, start: now)
        case .admitted(let url):
            if let transfer = open[url], transfer.admitted == nil { open[url]?.admitted = now }
        case .retrying(let url, let pause):
            sums[direction, default: TransferSums()].retries += 1
            open[url]?.retries += 1
            open[url]?.paused += max(0, Int64(clamping: pause.inMilliseconds))
        case .done(let path, let url, let bytes, let sha256):
            var row = row(path, url, direction, .done, now)
            (row.bytes, row.sha256) = (bytes, sha256)
            add(row) { sums in
                sums.files += 1
                sums.bytes = sums.bytes.addingReportingOverflow(max(0, bytes)).partialValue
            }
        case .skipped(let path, let url, let bytes):
            var row = row(path, url, direction, .skipped, now)
            row.bytes = bytes
            add(row) { $0.skipped += 1 }
        case .failed(let url, let error):
            var row = row(nil, url, direction, .failed, now)
            row.error = error
            add(row) { $0.failed += 1 }
        case .leftOut(let path, let why):
            // An optional input that is missing was begun.
            let url = open.first { $0.value.path == path }?.key
            var row = row(path, url, direction, .leftOut, now)
            row.error = why
            add(row) { $0.leftOut += 1 }
        }
    }

    /// All that was begun has come to an end, whichever.
    package mutating func close() { open = [:] }

    private mutating func row(
        _ path: String?, _ url: String?, _ direction: RecordedTransfer.Direction, _ result: RecordedTransfer.Result,
        _ now: UnixTime
    ) -> RecordedTransfer {
        let transfer = url.flatMap { open.removeValue(forKey: $0) }
        var row = RecordedTransfer()
        (row.direction, row.result) = (direction, result)
        (row.path, row.url) = (path ?? transfer?.path, url)
        (row.start, row.end) = (transfer?.start ?? now, now)
        row.retries = transfer?.retries ?? 0
        if let transfer {
            let took = max(0, now.milliseconds - transfer.start.milliseconds)
            let queued = (transfer.admitted ?? now).milliseconds - transfer.start.milliseconds
            row.waited = min(took, max(0, queued) + transfer.paused)
        }
        return row
    }

    private mutating func add(_ row: RecordedTransfer, _ count: (inout TransferSums) -> Void) {
        var sum = sums[row.direction] ?? TransferSums()
        count(&sum)
        if let waited = row.waited { sum.waited = (sum.waited ?? 0) + waited }
        if let start = row.start, let end = row.end {
            let span = spans[row.direction] ?? (start, end)
            let whole = (start: min(span.start, start), end: max(span.end, end))
            spans[row.direction] = whole
            sum.took = max(0, whole.end.milliseconds - whole.start.milliseconds)
        }
        sums[row.direction] = sum
        rows.append(row)
        // Now and then, so that it costs little for each.
        if rows.count >= limit + max(64, limit / 4) { thin() }
    }

    private mutating func thin() {
        let kept = rows.mostTelling(limit)
        for row in rows { sums[row.direction]?.unlisted += 1 }
        for row in kept { sums[row.direction]?.unlisted -= 1 }
        rows = kept
    }

    /// - Parameter listing: with a row for each file; else the sums alone, which cost next to nothing.
    package func write(to record: inout StepRecord, listing: Bool = true) {
        var ledger = self
        if !listing { ledger.rows = [] }
        if ledger.rows.count > limit { ledger.thin() }
        record.inputs = ledger.sums[.input] ?? TransferSums()
        record.outputs = ledger.sums[.output] ?? TransferSums()
        record.files = ledger.rows
    }
}

extension [RecordedTransfer] {
    /// At most so many, in the order they have: failed ones before those that were left out or tried again, the others by
    /// the time they took.
    package func mostTelling(_ limit: Int) -> [RecordedTransfer] {
        guard count > limit else { return self }
        func rank(_ row: RecordedTransfer) -> Int {
            if row.result == .failed { return 0 }
            return row.retries > 0 || row.result == .leftOut ? 1 : 2
        }
        return enumerated().sorted { left, right in
            (rank(left.element), -left.element.took, left.offset) < (
                rank(right.element), -right.element.took, right.offset
            )
        }.prefix(limit).sorted { $0.offset < $1.offset }.map(\.element)
    }
}

extension RecordedTransfer {
    /// Milliseconds from its turn to its end.
    package var took: Int64 { max(0, (end?.milliseconds ?? 0) - (start?.milliseconds ?? end?.milliseconds ?? 0)) }

    /// Bytes a second while it moved; `nil` where that was too short to tell.
    package var rate: Double? {
        let moving = took - (waited ?? 0)
        guard result == .done, let bytes, moving > 0 else { return nil }
        return Double(bytes) * 1000 / Double(moving)
    }
}

extension Duration {
    var inMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1000).overflow
            ? .max : seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
