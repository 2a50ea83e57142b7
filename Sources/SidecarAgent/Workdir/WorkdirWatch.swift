import Basics
import CLinux
import Dispatch
import WorkdirProtocol

/// Follows main's markers: nothing wakes up while nothing changes. Each marker is read as its event is taken, so a series
/// of changes is lost only where one file was replaced before it could be read.
final class WorkdirWatch: Sendable {
    private let reader: MarkerReader
    private let mailbox: Mailbox
    private let inotify: Inotify
    private let ownWatch: Int32
    private let queue = DispatchQueue(label: "workdir")

    /// Watches from here on. Markers that are there already are posted as well; they count.
    init(_ volume: Volume, posting mailbox: Mailbox) throws(VolumeError) {
        reader = MarkerReader(volume: volume)
        self.mailbox = mailbox
        inotify = try Inotify()
        // A file that was renamed to its name or closed after writing is complete.
        let rootWatch = inotify.watch(volume.root.descriptor, IN_MOVED_TO | IN_CLOSE_WRITE)
        ownWatch = inotify.watch(volume.own.descriptor, IN_MOVED_TO | IN_CLOSE_WRITE)
        guard rootWatch >= 0, ownWatch >= 0 else { throw .last("watch (inotify)", volume.root.path) }
        inotify.start(on: queue) { [weak self] in self?.drain() }
        scan()
    }

    deinit { stop() }

    /// Posts everything there is once more; returns when it is posted. What is known already is no news to the lifecycle.
    private func scan() {
        queue.sync {
            drain()
            reader.readAll().forEach(mailbox.post)
        }
    }

    func stop() { inotify.stop() }

    private func drain() {
        while let events = inotify.read() {
            for event in events {
                if event.overflowed {
                    reader.readAll().forEach(mailbox.post)
                } else if let name = event.name {
                    reader.read(event.watch == ownWatch ? "\(WorkdirPath.own)/\(name)" : name).forEach(mailbox.post)
                }
            }
        }
    }
}

/// Turns the markers that lie in the volume into inputs of the lifecycle.
struct MarkerReader: Sendable {
    let volume: Volume

    /// What a change of the file `path` tells. Words that belong before it come first: whoever says `done` has said how.
    func read(_ path: String) -> [LifecycleInput] {
        switch path {
        case WorkdirPath.started: started
        case WorkdirPath.attempt: attempt
        case WorkdirPath.state: attempt + state
        case WorkdirPath.done: attempt + state + done
        default: []
        }
    }

    /// Everything there is, in the order in which it must have come about.
    func readAll() -> [LifecycleInput] { started + attempt + state + done }

    private static let pause = Duration.milliseconds(500)

    /// Looks now and again, where the kernel grants no watch, until cancelled, and posts everything when something is new.
    func follow(posting mailbox: Mailbox, _ time: Timepiece = .system) async {
        var known: [LifecycleInput] = []
        while !Task.isCancelled {
            let found = readAll()
            if found != known { found.forEach(mailbox.post) }
            known = found
            try? await time.sleep(time.now() + Self.pause)
        }
    }

    private var started: [LifecycleInput] {
        volume.exists(WorkdirPath.started) ? [.started] : []
    }

    private var attempt: [LifecycleInput] {
        guard let file = volume.read(WorkdirPath.attempt), let record = TryRecord(parsing: file.bytes) else {
            return []
        }
        return [.attempt(MainAttempt(record))]
    }

    private var state: [LifecycleInput] {
        guard let file = volume.read(WorkdirPath.state), let line = StateLine.parse(file.bytes) else { return [] }
        return [.state(line)]
    }

    private var done: [LifecycleInput] {
        guard let file = volume.read(WorkdirPath.done) else { return [] }
        let number = StateLine.parse(file.bytes).flatMap { Int($0) }
            .flatMap { (1...TryRecord.attemptLimit).contains($0) ? $0 : nil }
        return [.done(DoneMarker(attempt: number, identity: file.identity))]
    }
}

extension MainAttempt {
    init(_ record: TryRecord) {
        let phase: Phase =
            switch record.phase {
            case .waiting: .waiting
            case .running: .running
            case .ended: .ended
            }
        self.init(
            number: record.attempt, phase: phase, exitCode: record.exitCode, signal: record.signal,
            reason: record.reason, message: record.message, processID: record.processID,
            traceparent: record.traceparent)
    }
}

/// What main wrote into `state`, made fit for reports: its first line, without control characters, bounded.
enum StateLine {
    /// Characters of a custom value; longer ones are cut.
    static let limit = 256

    /// `nil` for an empty line: a writer that truncates before it writes is seen in between.
    static func parse(_ bytes: [UInt8]) -> String? {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        // Bytes that are no UTF-8 become replacement characters.
        let text = String(decoding: line, as: UTF8.self)
        let printable = text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: " " as Character
            default: Character(scalar)
            }
        }
        let trimmed = printable.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return trimmed.isEmpty ? nil : String(trimmed.prefix(limit))
    }
}
