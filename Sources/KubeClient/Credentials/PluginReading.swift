internal import Glibc

/// Collects what a child prints until it ends.
struct PluginReading {
    enum Interruption {
        case stopped, timeout, limit
    }

    private static let keptErrors = 16 << 10

    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    private var descriptors: (output: Int32, errors: Int32)
    private let limit: Int

    init(output: Int32, errors: Int32, limit: Int) {
        descriptors = (output, errors)
        self.limit = limit
    }

    /// - Parameters:
    ///   - exit: becomes readable when the child has ended. What it has started and left behind is not waited for.
    ///   - stop: becomes readable when nobody wants the output any more.
    mutating func wait(until deadline: ContinuousClock.Instant, exit: Int32, stop: Int32) -> Interruption? {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return .timeout }
            var polls = [exit, stop, descriptors.output, descriptors.errors].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let seconds = min(left.components.seconds, 3600)
            let milliseconds = Int32(seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
            guard poll(&polls, nfds_t(polls.count), milliseconds) >= 0 || errno == EINTR else { return .timeout }
            drain()
            if output.count > limit { return .limit }
            if polls[0].revents != 0 { return nil }
            if polls[1].revents != 0 { return .stopped }
            // Without a descriptor for its end (a very old kernel) the end of both streams has to do.
            if exit < 0, descriptors.output < 0, descriptors.errors < 0 { return nil }
        }
    }

    private mutating func drain() {
        while output.count <= limit, let chunk = Self.read(&descriptors.output) { output += chunk }
        while let chunk = Self.read(&descriptors.errors) {
            errors += chunk
            if errors.count > Self.keptErrors { errors.removeFirst(errors.count - Self.keptErrors) }
        }
    }

    /// What is there now; `nil` where that is nothing. At the end the descriptor is forgotten.
    private static func read(_ descriptor: inout Int32) -> [UInt8]? {
        guard descriptor >= 0 else { return nil }
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, filled in
            repeat {
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            filled = max(0, count)
        }
        if count == 0 || count < 0 && errno != EAGAIN { descriptor = -1 }
        return count > 0 ? chunk : nil
    }
}
