import CLinux

/// Merges streams into one log in which every line begins with its stream's prefix. Works on bytes: whatever is between
/// two line feeds is a line.
///
/// Lines are not torn where it can be helped: the beginning of a line is held until its end comes, `flush` is called, or
/// it grows beyond `holdLimit`. Memory is bounded by that limit, however long a line is; a line that another stream
/// interrupts after that goes on with its prefix on a line of its own.
package struct LinePrefixer: Sendable {
    /// Bytes of an unfinished line kept back, for each stream.
    package static let holdLimit = 8192

    private var held: [[UInt8]] = Array(repeating: [], count: LogStream.allCases.count)
    /// The stream whose unfinished line ends the log.
    private var open: LogStream?

    package init() {}

    /// Whether the beginning of a line waits for its end.
    package var holdsLine: Bool { held.contains { !$0.isEmpty } }

    /// Appends to `log` what `bytes` of `stream` add to it; `stamp` follows the prefix of lines that begin.
    package mutating func add(
        _ bytes: UnsafeBufferPointer<UInt8>, from stream: LogStream, stamp: [UInt8] = [], to log: inout [UInt8]
    ) {
        var rest = bytes[...]
        while let end = Self.lineEnd(in: rest, of: bytes) {
            begin(stream, stamp, &log)
            log.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<end]))
            open = nil
            rest = rest[end...]
        }
        guard !rest.isEmpty else { return }
        if open != stream, held[stream.rawValue].count + rest.count <= Self.holdLimit {
            held[stream.rawValue] += rest
        } else {
            begin(stream, stamp, &log)
            log.append(contentsOf: UnsafeBufferPointer(rebasing: rest))
        }
    }

    /// A line of `stream`'s.
    package mutating func add(line: String, from stream: LogStream, stamp: [UInt8] = [], to log: inout [UInt8]) {
        let bytes = Array("\(line)\n".utf8)
        bytes.withUnsafeBufferPointer { add($0, from: stream, stamp: stamp, to: &log) }
    }

    /// Appends the beginnings of lines that were held, so that a prompt or the last words of a crash are seen.
    package mutating func flush(stamp: [UInt8] = [], to log: inout [UInt8]) {
        for stream in LogStream.allCases where !held[stream.rawValue].isEmpty {
            begin(stream, stamp, &log)
        }
    }

    /// Flushes, and ends a line that is unfinished.
    package mutating func finish(stamp: [UInt8] = [], to log: inout [UInt8]) {
        flush(stamp: stamp, to: &log)
        breakLine(&log)
    }

    /// Brings the log to where the next byte of `stream`'s current line belongs.
    private mutating func begin(_ stream: LogStream, _ stamp: [UInt8], _ log: inout [UInt8]) {
        guard open != stream else { return }
        breakLine(&log)
        stream.prefix.withUTF8Buffer { log.append(contentsOf: $0) }
        log += stamp
        log += held[stream.rawValue]
        held[stream.rawValue].removeAll(keepingCapacity: true)
        open = stream
    }

    private mutating func breakLine(_ log: inout [UInt8]) {
        if open != nil { log.append(UInt8(ascii: "\n")) }
        open = nil
    }

    /// The index after the next line feed.
    private static func lineEnd(
        in rest: Slice<UnsafeBufferPointer<UInt8>>, of bytes: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base + rest.startIndex, 0x0A, rest.count) else {
            return nil
        }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
    }
}

/// Whose line it is.
package enum LogStream: Int, Sendable, CaseIterable {
    case output
    case error
    /// The entrypoint itself.
    case wrapper

    /// What its lines in the log begin with.
    package var prefix: StaticString {
        switch self {
        case .output: "OUT> "
        case .error: "ERROR> "
        case .wrapper: "WRAPPER> "
        }
    }
}
