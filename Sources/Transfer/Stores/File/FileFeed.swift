internal import Glibc
internal import HTTPTransport

/// Gives a file's bytes to a sink as a client's exchange would.
struct FileFeed {
    private static let piece = 256 << 10

    private let file: LocalFile
    private let range: Range<Int64>
    private let sink: any HTTPBodySink

    init(_ file: LocalFile, range: Range<Int64>, into sink: any HTTPBodySink) {
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
        try handle(sink.begin(head, transfer: wakeup.handle))
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

    private var head: HTTPResponseHead {
        let length = String(range.upperBound - range.lowerBound)
        guard range != 0..<file.size else {
            return HTTPResponseHead(status: 200, headers: ["Content-Length": length, "Accept-Ranges": "bytes"])
        }
        let content = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
        return HTTPResponseHead(status: 206, headers: ["Content-Length": length, "Content-Range": content])
    }

    private func handle(_ step: HTTPSinkStep) throws(TransferError) {
        guard case .stop(let why) = step else { return }
        throw TransferError(object: file.path, reason: .local(errno: EIO), message: why)
    }
}
