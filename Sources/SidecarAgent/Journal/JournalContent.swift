import Transfer

/// What a journal's lines amount to.
struct JournalContent: Sendable, Equatable {
    var identity: VolumeIdentity?
    var memory = LifecycleMachine.Memory()
    var backlog = ReportBacklog()
    /// Of the last report made, in this epoch.
    var sequence: Int64 = 0
    var fetched: [String: FetchedRecord] = [:]
    var stored: [String: StoredRecord] = [:]
    var uploads: [String: UploadRecord] = [:]

    mutating func apply(_ record: JournalRecord) {
        switch record {
        case .volume(let identity):
            self.identity = identity
        case .step(let memory, let reports):
            self.memory = memory
            for report in reports {
                backlog.append(report)
                sequence = max(sequence, report.sequence)
            }
        case .acknowledged(let destination, let sequence):
            backlog.acknowledge(through: sequence, by: destination)
        case .fetched(let record):
            fetched[record.path] = record
        case .stored(let record):
            stored[record.url] = record
        case .upload(let record):
            uploads[record.url] = record
        case .uploadEnded(let url):
            uploads[url] = nil
        }
    }

    /// The fewest records that amount to the same.
    var records: [JournalRecord] {
        var records: [JournalRecord] = identity.map { [.volume($0)] } ?? []
        records.append(.step(memory, reports: backlog.reports))
        records += backlog.acknowledged.sorted { $0.key < $1.key }
            .map { .acknowledged(destination: $0.key, through: $0.value) }
        records += fetched.values.sorted { $0.path < $1.path }.map(JournalRecord.fetched)
        records += stored.values.sorted { $0.url < $1.url }.map(JournalRecord.stored)
        records += uploads.values.sorted { $0.url < $1.url }.map(JournalRecord.upload)
        return records
    }

    /// How many those are.
    var recordCount: Int {
        2 + backlog.acknowledged.count + fetched.count + stored.count + uploads.count
    }

    /// Reads as much as is whole: damaged lines are skipped and counted.
    static func parse(_ bytes: [UInt8]) -> (content: JournalContent, lines: Int, damaged: Int) {
        var content = JournalContent()
        var (lines, damaged) = (0, 0)
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            lines += 1
            if let record = JournalLine.decode(line) { content.apply(record) } else { damaged += 1 }
        }
        return (content, lines, damaged)
    }
}
