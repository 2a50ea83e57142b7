internal import WorkdirProtocol

/// Bounds and habits of a `TransferEngine`.
package struct TransferConfiguration: Sendable {
    /// Bytes of buffers held at once, whatever the sizes of the objects.
    package var memory: Int
    /// Most requests at once; the engine finds the useful number below it by itself.
    package var maximumConcurrency: Int
    /// Bytes of one range or part; `nil` chooses by size and by the parts an object was stored in.
    var partSize: Int64?
    package var retry: StoreRetries
    /// Files are on disk before they get their final names, so that a journal may rely on them after a crash.
    var durable: Bool
    /// A SHA-256 of every stored file, for the manifest.
    var digestsOutputs: Bool
    /// Compares a checksum that the store itself gives, where that is cheap.
    var verifiesStoreChecksums: Bool
    /// How much of what is written may stay in the page cache.
    var pageCache: PageCachePolicy
    var archives: ArchiveLimits
    package var outputs = OutputLimits()
    /// Of one call of the engine: what is not complete by then is given up. `nil`: as long as it takes.
    package var deadline: Duration?
    /// Lists every file that is stored in the report; else they are told as events alone.
    package var listsFiles = true

    /// Lists and plans, and tells of each object as `.planned` instead of moving it.
    package var dryRun = false
    /// What stands at the target already, as `ExistingFile` tells, is not moved.
    package var skipsExisting = false
    /// After so many failures nothing new is begun; what is under way is finished. A full disk stops at once.
    package var failuresBeforeStop = 10

    package init(
        memory: Int = 32 << 20, maximumConcurrency: Int = 256, partSize: Int64? = nil, retry: StoreRetries = .init(),
        durable: Bool = true, digestsOutputs: Bool = true, verifiesStoreChecksums: Bool = true,
        pageCache: PageCachePolicy = .writeBehind, archives: ArchiveLimits = .init()
    ) {
        self.memory = memory
        self.maximumConcurrency = maximumConcurrency
        self.partSize = partSize
        self.retry = retry
        self.durable = durable
        self.digestsOutputs = digestsOutputs
        self.verifiesStoreChecksums = verifiesStoreChecksums
        self.pageCache = pageCache
        self.archives = archives
    }
}

/// What becomes of pages that were written, because the page cache counts against a container's memory.
package enum PageCachePolicy: Sendable, Equatable {
    /// The kernel's affair.
    case kernel
    /// Written out as they come, so that few are dirty; they stay readable in memory.
    case writeBehind
    /// Written out and dropped.
    case drop
}

extension TransferConfiguration {
    /// Units that a large request takes of a server's limit: a few dozen of them fill any line, where small ones need
    /// hundreds. Little concurrency is meant for all alike.
    var largeWeight: Int { maximumConcurrency >= 128 ? 4 : maximumConcurrency >= 32 ? 2 : 1 }

    /// Objects under way at once: enough to keep every request busy while others are put in their places.
    var window: Int { maximumConcurrency + max(16, maximumConcurrency / 2) }

    /// Of a limit that is for all this process does: buffers get a quarter, the rest is for connections, sockets and the
    /// page cache, which counts too.
    private static let shareOfBuffers: UInt64 = 4
    /// What a request costs beside its buffers, generously.
    private static let requestCost: UInt64 = 2 << 20
    private static let leastConcurrency = 2
    private static let leastMemory = 1 << 20

    /// The same within a container that may use `limit` bytes: never more than was asked for, and less where the kernel
    /// would kill for it.
    package func fitting(memoryLimit limit: UInt64?) -> TransferConfiguration {
        guard let limit else { return self }
        var fitting = self
        fitting.memory = min(memory, max(Self.leastMemory, Int(clamping: limit / Self.shareOfBuffers)))
        fitting.maximumConcurrency = min(
            maximumConcurrency, max(Self.leastConcurrency, Int(clamping: limit / Self.requestCost)))
        return fitting
    }

    /// Bytes that this process's cgroup may use; `nil`: unlimited, or not to be seen.
    package static var memoryLimit: UInt64? {
        Cgroup.find(read: Cgroup.readFile)?.memoryLimit(read: Cgroup.readFile)
    }
}
