internal import CLinux

/// System calls on descriptors that no signal cuts short. What they return on failure leaves errno as it was set.
package enum Descriptor {
    /// Makes a call again as long as a signal interrupts it.
    package static func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || !wasInterrupted { return result }
        }
    }

    /// Whether a signal interrupted the call that has just failed.
    package static var wasInterrupted: Bool { clinux_errno() == EINTR }

    /// Writes all of `bytes`, from `offset` on where one is given; `false` with errno set on failure.
    ///
    /// - Parameter waits: also for what was made non-blocking, as whoever started us may have done with a standard stream.
    package static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int64? = nil, waits: Bool = false
    ) -> Bool {
        var written = 0
        while written < bytes.count {
            let (start, left) = (bytes.baseAddress.map { $0 + written }, bytes.count - written)
            let count = uninterrupted {
                if let offset {
                    pwrite(descriptor, start, left, off_t(offset) + off_t(written))
                } else {
                    CLinux.write(descriptor, start, left)
                }
            }
            if waits, count < 0, becomes(Int16(POLLOUT), descriptor) { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    /// Reads until `buffer` is full or nothing follows, from `offset` on where one is given. How many bytes there were;
    /// negative with errno set on failure. `waits`: as in `write`.
    package static func read(
        _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int64? = nil, waits: Bool = false
    ) -> Int {
        var filled = 0
        while filled < buffer.count {
            let (start, left) = (buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            let count = uninterrupted {
                if let offset {
                    pread(descriptor, start, left, off_t(offset) + off_t(filled))
                } else {
                    CLinux.read(descriptor, start, left)
                }
            }
            if waits, count < 0, becomes(Int16(POLLIN), descriptor) { continue }
            if count < 0 { return count }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Waits for a descriptor that the call which has just failed would have had to wait for; `false` where that is not why.
    private static func becomes(_ events: Int16, _ descriptor: Int32) -> Bool {
        guard clinux_errno() == EAGAIN else { return false }
        var wanted = pollfd(fd: descriptor, events: events, revents: 0)
        return uninterrupted { poll(&wanted, 1, -1) } > 0
    }
}

extension Array where Element == UInt8 {
    /// What `descriptor` gives until its end, at most `limit` bytes; `nil` with errno set on failure. `waits`: as in
    /// `Descriptor.write`.
    package init?(readingAllOf descriptor: Int32, limit: Int, waits: Bool = false) {
        self = []
        var status = stat()
        // As much as a file says that it has: a large one is not copied while it is read.
        if fstat(descriptor, &status) == 0, status.st_size > 0 {
            reserveCapacity(Swift.min(limit, Int(status.st_size) + 1))
        }
        while count < limit {
            // Files of the kernel say that they are empty: only reading tells.
            let start = count
            let wanted = Swift.min(Swift.max(4096, capacity - start), 1 << 20, limit - start)
            append(contentsOf: repeatElement(0, count: wanted))
            let count = withUnsafeMutableBytes { buffer in
                Descriptor.read(
                    descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]), waits: waits)
            }
            guard count >= 0 else { return nil }
            removeLast(wanted - count)
            if count < wanted { return }
        }
    }
}
