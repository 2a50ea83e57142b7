internal import Basics
internal import Glibc

/// Gives a file's bytes to a sink as a client's request would.
struct FileFeed {
    private static let piece = 256 << 10

    private let file: OpenFile
    private let range: Range<Int64>
    private let sink: any ObjectSink

    init(_ file: OpenFile, range: Range<Int64>, into sink: any ObjectSink) {
        self.file = file
        self.range = range
        self.sink = sink
    }

    func run() async throws(TransferError) {
        guard range.upperBound <= file.size else {
            throw TransferError(
                object: file.path, reason: .changed,
                message: "has \(file.size) bytes where \(range.upperBound) were expected")
        }
        let wakeup = Wakeup()
        try handle(sink.begin(file.info, reading: wakeup.handle))
        var buffer = [UInt8](repeating: 0, count: Int(min(Int64(Self.piece), range.upperBound - range.lowerBound)))
        var offset = range.lowerBound
        while offset < range.upperBound {
            try Wakeup.checkCancellation(file.path)
            let wanted = Int(min(Int64(buffer.count), range.upperBound - offset))
            let count = try read(into: &buffer, wanted, at: offset)
            guard count > 0 else {
                throw TransferError(object: file.path, reason: .changed, message: "became shorter while it was read")
            }
            while true {
                let step = buffer.withUnsafeBytes { sink.write(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                guard step == .pause else {
                    try handle(step)
                    break
                }
                try await wakeup.wait(file.path)
            }
            offset += Int64(count)
        }
    }

    private func read(into buffer: inout [UInt8], _ wanted: Int, at offset: Int64) throws(TransferError) -> Int {
        let result = buffer.withUnsafeMutableBytes { bytes in
            Result { () throws(TransferError) in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]), at: offset)
            }
        }
        return try result.get()
    }

    private func handle(_ step: SinkStep) throws(TransferError) {
        guard case .stop(let why) = step else { return }
        throw TransferError(object: file.path, reason: .local(errno: EIO), message: why)
    }
}

/// Writes a source's bytes to a file: to a temporary name, to the disk, then to its own name.
struct FileDrain {
    private static let piece = 256 << 10

    let path: String

    func run(_ source: any ObjectContent) async throws(TransferError) -> ObjectInfo {
        let folder = path.throughLastSlash ?? "./"
        try makeFolders(folder)
        let (place, name) = (try ConfinedFolder(folder), ConfinedFolder.split(path).name)
        try place.checkReplaceable(name)
        let temporary = "\(folder).kpipe-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw OpenFile.failure(path, errno) }
        var kept = false
        defer {
            close(descriptor)
            if !kept { unlink(temporary) }
        }
        try await copy(source, to: descriptor)
        try place.checkReplaceable(name)
        guard rename(temporary, path) == 0 else { throw OpenFile.failure(path, errno) }
        kept = true
        try synchronise(folder)
        return try OpenFile(path).info
    }

    /// On a thread that may block, as the content may, too.
    private func copy(_ source: any ObjectContent, to descriptor: Int32) async throws(TransferError) {
        try await BlockingPool.shared.run { [path] (isCancelled) throws(TransferError) in
            var buffer = [UInt8](repeating: 0, count: Self.piece)
            var total: Int64 = 0
            while true {
                if isCancelled() { throw .cancelled(path) }
                switch buffer.withUnsafeMutableBytes({ source.read(into: $0) }) {
                case .filled(let count):
                    let failure = buffer.withUnsafeBytes { Self.write($0[..<count], to: descriptor) }
                    if let failure { throw OpenFile.failure(path, failure) }
                    total += Int64(count)
                case .fail(let why): throw TransferError(object: path, reason: .local(errno: EIO), message: why)
                case .end:
                    if let expected = source.length, expected != total {
                        throw TransferError(
                            object: path, reason: .length(expected: expected, found: total),
                            message: "the content ended after \(total) of \(expected) bytes")
                    }
                    guard fsync(descriptor) == 0 else { throw OpenFile.failure(path, errno) }
                    return
                }
            }
        }
    }

    /// The errno of a failure.
    private static func write(_ bytes: Slice<UnsafeRawBufferPointer>, to descriptor: Int32) -> Int32? {
        Descriptor.write(UnsafeRawBufferPointer(rebasing: bytes), to: descriptor) ? nil : errno
    }

    private func makeFolders(_ folder: String) throws(TransferError) {
        var index = folder.startIndex
        while let end = folder.utf8[index...].dropFirst().firstIndex(of: slash) {
            let parent = String(folder[..<end])
            if mkdir(parent, 0o755) != 0, errno != EEXIST { throw OpenFile.failure(parent, errno) }
            index = end
        }
    }

    /// The new name is on the disk too.
    private func synchronise(_ folder: String) throws(TransferError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenFile.failure(folder, errno) }
        defer { close(descriptor) }
        // Some file systems cannot synchronise folders, and say so by EINVAL.
        if fsync(descriptor) != 0, errno != EINVAL { throw OpenFile.failure(folder, errno) }
    }
}

/// Lets a task wait until a paused sink wants to go on.
struct Wakeup: Sendable {
    private let stream: AsyncStream<Void>
    let handle: ReadingHandle

    init() {
        // One wake-up kept is enough: more say the same.
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        handle = ReadingHandle { continuation.yield() }
    }

    /// Returns at once where the wake-up came first. Throws `.cancelled`.
    func wait(_ path: String) async throws(TransferError) {
        for await _ in stream { return }
        throw TransferError(object: path, reason: .cancelled, message: "cancelled")
    }

    static func checkCancellation(_ path: String) throws(TransferError) {
        if Task.isCancelled { throw TransferError(object: path, reason: .cancelled, message: "cancelled") }
    }
}
