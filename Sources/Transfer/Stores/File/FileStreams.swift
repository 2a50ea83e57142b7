internal import Basics
internal import Glibc
internal import HTTPTransport

/// Gives a file's bytes to a sink as a client's request would.
struct FileFeed {
    private static let piece = 256 << 10

    let file: OpenFile
    let range: Range<Int64>
    let sink: any ObjectSink

    func run() async throws(TransferError) {
        guard range.upperBound <= file.size else {
            throw TransferError(file.path, .changed, "has \(file.size) bytes where \(range.upperBound) were expected")
        }
        let wakeup = Wakeup()
        try handle(sink.begin(file.info, reading: wakeup.handle))
        var buffer = [UInt8](repeating: 0, count: Int(min(Int64(Self.piece), range.upperBound - range.lowerBound)))
        var offset = range.lowerBound
        while offset < range.upperBound {
            if Task.isCancelled { throw .cancelled(file.path) }
            let wanted = Int(min(Int64(buffer.count), range.upperBound - offset))
            let count = try read(into: &buffer, wanted, at: offset)
            guard count > 0 else {
                throw TransferError(file.path, .changed, "became shorter while it was read")
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
        throw TransferError(file.path, .local(errno: EIO), why)
    }
}

/// Writes a source's bytes to a file: to a temporary name, to the disk, then to its own name.
struct FileDrain {
    private static let piece = 256 << 10

    let path: String

    func run(_ source: any ObjectContent) async throws(TransferError) -> ObjectInfo {
        let (above, name) = ConfinedFolder.split(path)
        let isInRoot = path.utf8.first == slash && above.isEmpty
        let folder = try ConfinedFolder(isInRoot ? "/" : above.isEmpty ? "." : above, creating: true)
        let file = try TemporaryFile(in: folder, for: name)
        // Also where another task still holds on to it.
        defer { file.discard() }
        // On a thread that may block, as the content may, too.
        try await BlockingPool.shared.run { (isCancelled) throws(TransferError) in
            try copy(source, to: file, isCancelled)
            try file.synchronize()
            _ = try file.place(at: name)
            try folder.synchronize("")
        }
        return try OpenFile(path).info
    }

    private func copy(_ source: any ObjectContent, to file: TemporaryFile, _ isCancelled: () -> Bool)
        throws(TransferError)
    {
        var buffer = [UInt8](repeating: 0, count: Self.piece)
        var total: Int64 = 0
        while true {
            if isCancelled() { throw .cancelled(path) }
            switch buffer.withUnsafeMutableBytes({ source.read(into: $0) }) {
            case .filled(let count):
                let written = buffer.withUnsafeBytes { bytes in
                    Result { () throws(TransferError) in
                        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), at: total)
                    }
                }
                try written.get()
                total += Int64(count)
            case .fail(let why): throw TransferError(path, .local(errno: EIO), why)
            case .pause: throw TransferError(path, .local(errno: EAGAIN), "the content has nothing to give yet")
            case .end:
                guard let expected = source.length, expected != total else { return }
                throw TransferError(
                    path, .length(expected: expected, found: total),
                    "the content ended after \(total) of \(expected) bytes")
            }
        }
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
        throw .cancelled(path)
    }
}
