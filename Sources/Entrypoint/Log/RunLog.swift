import Basics
import CLinux
import WorkdirProtocol

/// `output/log` and `output/error`: what the command prints, and a few lines of our own.
struct RunLog {
    private var log: LogFile
    private var error: LogFile
    private var prefixer = LinePrefixer()
    private var buffer: [UInt8] = []
    private let timestamps: TimestampFormat?
    private let start = Clock.wall()

    /// Stands between the tries in both files.
    static func separator(attempt: Int) -> String { "----- try \(attempt) -----" }

    init(workdir: WorkdirFolder, attempt: Int, timestamps: TimestampFormat?) {
        self.timestamps = timestamps
        log = LogFile(path: workdir.path(WorkdirPath.outputLog))
        error = LogFile(path: workdir.path(WorkdirPath.outputError))
        buffer.reserveCapacity(2 * StreamRelay.bufferSize)
        if attempt > 1 {
            add(line: Self.separator(attempt: attempt))
            error.write(Array("\(Self.separator(attempt: attempt))\n".utf8))
        }
    }

    var holdsLine: Bool { prefixer.holdsLine }

    /// Whether a stream is kept anywhere.
    func keeps(_ stream: LogStream) -> Bool {
        log.isOpen || (stream == .error && error.isOpen)
    }

    /// What went wrong, each thing once.
    mutating func takeFailure() -> FileError? {
        log.takeFailure() ?? error.takeFailure()
    }

    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>, from stream: LogStream) {
        if stream == .error { error.write(bytes) }
        guard log.isOpen else { return }
        prefixer.add(bytes, from: stream, stamp: stamp(), to: &buffer)
        writeOut()
    }

    mutating func add(line: String) {
        prefixer.add(line: line, from: .wrapper, stamp: stamp(), to: &buffer)
        writeOut()
    }

    /// Writes the beginnings of lines that wait for their ends.
    mutating func flush() {
        prefixer.flush(stamp: stamp(), to: &buffer)
        writeOut()
    }

    mutating func finish() {
        prefixer.finish(stamp: stamp(), to: &buffer)
        writeOut()
        log.close()
        error.close()
    }

    private func stamp() -> [UInt8] {
        timestamps?.render(Clock.wall(), since: start) ?? []
    }

    private mutating func writeOut() {
        log.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// A file that only grows. What cannot be written is told once and given up: a full disk ends the log, never the program.
struct LogFile {
    private var descriptor: Int32 = -1
    private let path: String
    private(set) var failure: FileError?

    init(path: String) {
        self.path = path
        // O_NOFOLLOW: a link in the volume must not lead us to write elsewhere. O_NONBLOCK: nor a pipe hold us up.
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        descriptor = clinux_open(path, flags, 0o644)
        if descriptor < 0 { failure = .last("open", path) }
    }

    var isOpen: Bool { descriptor >= 0 }

    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { write($0) }
    }

    mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard isOpen, !Descriptor.write(UnsafeRawBufferPointer(bytes), to: descriptor) else { return }
        failure = .last("write", path)
        close()
    }

    mutating func close() {
        if isOpen { CLinux.close(descriptor) }
        descriptor = -1
    }

    /// What went wrong, once.
    mutating func takeFailure() -> FileError? {
        defer { failure = nil }
        return failure
    }
}
