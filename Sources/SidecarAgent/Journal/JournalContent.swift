import Basics
import Glibc
import Transfer
import WorkdirProtocol

/// What a journal's lines amount to.
struct JournalContent: Sendable, Equatable {
    var identity: VolumeIdentity?
    var memory = LifecycleMachine.Memory()
    var backlog = ReportBacklog()
    /// Of the last report made, in this epoch.
    var sequence: Int64 = 0
    /// Of records that stay in the file, by path and by URL.
    var fetched = RecordIndex()
    var stored = RecordIndex()
    var uploads: [String: UploadRecord] = [:]

    /// - Parameter place: where the record stands in the file; `nil` where it could not be written.
    mutating func apply(_ record: JournalRecord, at place: Int?) {
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
            fetched[record.path] = place
        case .stored(let record):
            stored[record.url] = place
        case .upload(let record):
            uploads[record.url] = record
        case .uploadEnded(let url):
            uploads[url] = nil
        }
    }

    /// The fewest records that amount to the same, but for those that stay in the file.
    var records: [JournalRecord] {
        var records: [JournalRecord] = identity.map { [.volume($0)] } ?? []
        records.append(.step(memory, reports: backlog.reports))
        records += backlog.acknowledged.sorted { $0.key < $1.key }
            .map { .acknowledged(destination: $0.key, through: $0.value) }
        records += uploads.values.sorted { $0.url < $1.url }.map(JournalRecord.upload)
        return records
    }

    /// How many those are.
    var recordCount: Int {
        2 + backlog.acknowledged.count + fetched.count + stored.count + uploads.count
    }

    /// Reads as much as is whole: damaged lines are skipped and counted.
    static func read(_ lines: JournalLines, within limits: JournalLimits) -> (content: JournalContent, damaged: Int) {
        var content = JournalContent()
        var damaged = 0
        lines.forEach(upTo: limits.bytes) { line, place in
            guard let record = JournalLine.decode(line) else {
                damaged += 1
                return
            }
            if !record.isOfFile || content.fileCount < limits.files { content.apply(record, at: place) }
        }
        return (content, damaged)
    }

    /// Files it knows of, and uploads under way.
    private var fileCount: Int { fetched.count + stored.count + uploads.count }
}

/// What a journal may cost, so that whoever can write it cannot have the agent killed for want of memory.
struct JournalLimits: Sendable, Equatable {
    /// Of the file. Records of files take half of it at most; steps of the lifecycle are few.
    var bytes: Int
    /// Files remembered; others are moved again.
    var files: Int

    /// Where nobody else can write.
    static let own = JournalLimits(bytes: 2 << 30, files: 2_000_000)
    /// Where main can.
    static let shared = JournalLimits(bytes: 32 << 20, files: 50_000)
}

/// Reports that a destination may still want. Bounded: when it is full the oldest custom value goes, never one of the
/// agent's own states and never the terminal one.
struct ReportBacklog: Sendable, Equatable {
    private static let limit = 256

    private(set) var reports: [StateReport] = []
    private(set) var acknowledged: [String: Int64] = [:]

    mutating func append(_ report: StateReport) {
        reports.append(report)
        guard reports.count > Self.limit else { return }
        let custom = reports.firstIndex { !Self.isOwn($0) }
        reports.remove(at: custom ?? reports.startIndex)
    }

    mutating func acknowledge(through sequence: Int64, by destination: String) {
        guard acknowledged[destination] != nil || acknowledged.count < Self.limit else { return }
        acknowledged[destination] = max(sequence, acknowledged[destination] ?? 0)
    }

    func unacknowledged(by destination: String) -> [StateReport] {
        let seen = acknowledged[destination] ?? 0
        return reports.filter { $0.sequence > seen }
    }

    private static func isOwn(_ report: StateReport) -> Bool {
        report.terminal
            || [StepState.initializing, StepState.started, StepState.terminating].contains(report.state)
    }
}

/// One line of the journal.
enum JournalRecord: Sendable, Equatable, Codable {
    /// The first line: whose volume this is.
    case volume(VolumeIdentity)
    /// A step of the lifecycle with the reports it made, in one line so that neither is kept without the other.
    case step(LifecycleMachine.Memory, reports: [StateReport])
    /// A destination has all reports up to `through`.
    case acknowledged(destination: String, through: Int64)
    case fetched(FetchedRecord)
    case stored(StoredRecord)
    case upload(UploadRecord)
    case uploadEnded(url: String)

    /// Beyond it no report is numbered, and no file is large.
    private static let limit = Int64(1) << 62

    /// The years 1 to 9999, in milliseconds since 1970: what can be written as a date.
    private static let times: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// Whether it only saves moving a file again.
    var isOfFile: Bool {
        switch self {
        case .fetched, .stored, .upload: true
        case .volume, .step, .acknowledged, .uploadEnded: false
        }
    }

    /// Whether one can go on counting from its numbers: without a volume of the agent's own, main can write here, with
    /// right checksums.
    var isSound: Bool {
        switch self {
        case .step(let memory, let reports):
            (0...TryRecord.attemptLimit).contains(memory.attempt) && memory.record?.isSound != false
                && reports.allSatisfy {
                    (1...Self.limit).contains($0.sequence) && Self.times.contains($0.time.milliseconds)
                        && $0.traceparent == TraceParent.checked($0.traceparent)
                }
        case .fetched(let record): (0...Self.limit).contains(record.size)
        case .stored(let record): (0...Self.limit).contains(record.size)
        case .volume, .acknowledged, .upload, .uploadEnded: true
        }
    }
}

extension MainAttempt {
    fileprivate var isSound: Bool {
        (1...TryRecord.attemptLimit).contains(number) && signal.map { (1...64).contains($0) } != false
            && traceparent == TraceParent.checked(traceparent)
    }
}

/// A record as a line: its CRC-32C in eight hexadecimal digits, a space, JSON, a line feed. A line that was torn by a
/// kill, or rotted on disk, fails its checksum.
enum JournalLine {
    private static let prefixLength = 9

    static func encode(_ record: JournalRecord) throws -> [UInt8] {
        let json = Array(try JSONCoding.encode(record).text.utf8)
        return hexadecimal(checksum(json)) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")]
    }

    /// `line` without its line feed; `nil` where it is damaged, or holds a number that no agent writes.
    static func decode(_ line: ArraySlice<UInt8>) -> JournalRecord? {
        let json = line.dropFirst(prefixLength)
        guard !json.isEmpty, Array(line.prefix(prefixLength - 1)) == hexadecimal(checksum(Array(json))) else {
            return nil
        }
        guard let record = try? JSONCoding.decode(JournalRecord.self, from: Array(json)), record.isSound else {
            return nil
        }
        return record
    }

    private static func hexadecimal(_ value: UInt32) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<8).map { digits[Int(value >> (28 - 4 * $0) & 0xF)] }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
    }
}

/// The lines of a journal that lies on disk, a piece in memory at a time: it may hold hundreds of thousands.
struct JournalLines {
    private static let piece = 256 << 10
    /// No record is longer.
    private static let longestLine = 1 << 20

    let file: Int32

    /// Gives each line without its line feed, and where it begins. What no record can be is passed over.
    func forEach(upTo limit: Int, _ body: (ArraySlice<UInt8>, _ place: Int) -> Void) {
        var rest: [UInt8] = []
        var restPlace = 0
        var offset = 0
        while offset < limit {
            let piece = read(at: offset, Self.piece)
            if piece.isEmpty { break }
            offset += piece.count
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if end > start { body(rest[start..<end], restPlace + start) }
                start = end + 1
            }
            rest.removeFirst(start)
            restPlace += start
            if rest.count > Self.longestLine { (rest, restPlace) = ([], offset) }
        }
        if !rest.isEmpty { body(rest[...], restPlace) }
    }

    /// The line that begins at `place`; `nil` where none does any more.
    func line(at place: Int) -> [UInt8]? {
        var length = 1 << 10
        while length <= Self.longestLine {
            let bytes = read(at: place, length)
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return Array(bytes[..<end]) }
            // The last one may have been torn by a kill; its checksum tells.
            if bytes.count < length { return bytes.isEmpty ? nil : bytes }
            length *= 8
        }
        return nil
    }

    private func read(at offset: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
            filled = max(0, Descriptor.read(file, into: room, at: Int64(offset)))
        }
    }
}

/// Where in a journal the last record of each key stands: some dozen bytes a key, where the record itself has hundreds. Two
/// keys of one hash cost the repetition of a transfer, because the record that is found names another.
struct RecordIndex: Sendable, Equatable {
    private var places = HashIndex()

    var count: Int { places.count }
    /// In the order of the file.
    var all: [Int] { places.all.sorted() }

    subscript(key: String) -> Int? {
        get { places[Self.hash(key)] }
        set { places[Self.hash(key)] = newValue }
    }

    static func == (left: RecordIndex, right: RecordIndex) -> Bool { left.all == right.all }

    private static func hash(_ key: String) -> UInt64 {
        var hasher = Hasher()
        for byte in key.utf8 { hasher.combine(byte) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
