internal import WorkdirProtocol

extension TransferConfiguration {
    /// Of a limit that is for all this process does: buffers get a quarter, the rest is for connections, sockets and the
    /// page cache, which counts too.
    private static let shareOfBuffers: UInt64 = 4
    /// What an exchange costs beside its buffers, generously.
    private static let exchangeCost: UInt64 = 2 << 20
    private static let leastConcurrency = 2
    private static let leastMemory = 1 << 20

    /// The same within a container that may use `limit` bytes: never more than was asked for, and less where the kernel
    /// would kill for it.
    package func fitting(memoryLimit limit: UInt64?) -> TransferConfiguration {
        guard let limit else { return self }
        var fitting = self
        fitting.memory = min(memory, max(Self.leastMemory, Int(clamping: limit / Self.shareOfBuffers)))
        fitting.maximumConcurrency = min(
            maximumConcurrency, max(Self.leastConcurrency, Int(clamping: limit / Self.exchangeCost)))
        return fitting
    }

    /// Bytes that this process's cgroup may use; `nil`: unlimited, or not to be seen.
    package static var memoryLimit: UInt64? {
        Cgroup.find(read: Cgroup.readFile)?.memoryLimit(read: Cgroup.readFile)
    }
}
