import Basics
import CLinux

/// Passes one of the command's streams on to ours and shows what passed. Never waits on a pipe: where ours is one, the
/// kernel hands over its pages (tee) and only the log's copy passes through this process.
struct StreamRelay {
    enum Outcome: Equatable {
        /// So many bytes at the start of the buffer have been passed on.
        case passed(Int)
        /// Nothing to read.
        case idle
        /// Ours is full; wait until it can be written.
        case blocked
        case ended
    }

    /// Bytes read at once.
    static let bufferSize = 128 << 10

    let stream: LogStream
    /// The end of the command's pipe; -1 when it is closed.
    private(set) var source: Int32
    let target: Int32
    private let targetIsPipe: Bool
    /// Whether anyone still takes what we pass on.
    private(set) var targetIsOpen = true
    /// Whether the target was full when last tried.
    private(set) var isBlocked = false
    /// Read, but not yet passed on: where the target is no pipe and took only a part.
    private var pending: Range<Int> = 0..<0
    /// Passed on by the kernel, but not yet read.
    private var ahead = 0
    private let buffer: UnsafeMutableBufferPointer<UInt8>

    init(stream: LogStream, source: Int32, target: Int32) {
        self.stream = stream
        self.source = source
        self.target = target
        targetIsPipe = clinux_is_pipe(target)
        // Lives as long as the process: a run has two.
        buffer = .allocate(capacity: Self.bufferSize)
    }

    var isOpen: Bool { source >= 0 }

    /// What passed with the last `passed(count)`; valid until the next step.
    func passed(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: buffer[..<count])
    }

    mutating func close() {
        guard isOpen else { return }
        CLinux.close(source)
        source = -1
    }

    /// What is still to come is shown only.
    mutating func giveUpTarget() { targetIsOpen = false }

    /// Passes on at most one buffer.
    mutating func step() -> Outcome {
        let outcome = advance()
        isBlocked = outcome == .blocked
        return outcome
    }

    private mutating func advance() -> Outcome {
        guard isOpen else { return .ended }
        if !pending.isEmpty { return passPending() }
        if targetIsPipe, targetIsOpen, ahead == 0 {
            let count = Descriptor.uninterrupted { clinux_tee(source, target, 1 << 30) }
            if count < 0 {
                switch clinux_errno() {
                case EAGAIN: return sourceIsReadable ? .blocked : .idle
                case EPIPE: targetIsOpen = false
                default: return readAndWrite()
                }
            }
            if count == 0 { return end() }
            ahead = max(0, count)
        }
        return ahead > 0 ? readAhead() : readAndWrite()
    }

    /// Takes out of the pipe what the kernel has passed on already.
    private mutating func readAhead() -> Outcome {
        let count = read(source, buffer.baseAddress, min(ahead, buffer.count))
        guard count > 0 else {
            ahead = 0
            return count == 0 ? end() : .idle
        }
        ahead -= count
        return .passed(count)
    }

    private mutating func readAndWrite() -> Outcome {
        let count = Descriptor.uninterrupted { read(source, buffer.baseAddress, buffer.count) }
        if count == 0 { return end() }
        guard count > 0 else { return clinux_errno() == EAGAIN ? .idle : end() }
        guard targetIsOpen else { return .passed(count) }
        pending = 0..<count
        return passPending()
    }

    private mutating func passPending() -> Outcome {
        while targetIsOpen, !pending.isEmpty {
            let count = Descriptor.uninterrupted {
                write(target, buffer.baseAddress! + pending.lowerBound, pending.count)
            }
            if count >= 0 {
                pending = (pending.lowerBound + count)..<pending.upperBound
                continue
            }
            switch clinux_errno() {
            case EAGAIN: return .blocked
            default: targetIsOpen = false
            }
        }
        let count = pending.upperBound
        pending = 0..<0
        return .passed(count)
    }

    private mutating func end() -> Outcome {
        close()
        return .ended
    }

    private var sourceIsReadable: Bool {
        var request = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) > 0 && request.revents & Int16(POLLIN) != 0
    }
}
