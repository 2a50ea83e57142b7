internal import KubeModel

/// A command's run, as its WebSocket tells it.
struct ExecMachine: Sendable {
    enum End: Sendable, Equatable {
        case exited(Int)
        case failed(APIStatus)
        /// Nothing was said about the command's end.
        case lost
    }

    /// A status larger than this is none.
    private static let largestStatus = 64 << 10

    private let limit: Int
    private(set) var output: [UInt8] = []
    private(set) var error: [UInt8] = []
    private(set) var isCut = false
    private var status: [UInt8] = []

    /// - Parameter limit: bytes to keep of standard output, and of standard error. The rest is read and dropped, so that
    ///   the command can go on.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func receive(channel: UInt8, _ bytes: some Collection<UInt8>) {
        switch channel {
        case ExecChannel.output: append(bytes, to: \.output, upTo: limit)
        case ExecChannel.error: append(bytes, to: \.error, upTo: limit)
        case ExecChannel.status: status += bytes.prefix(Self.largestStatus - status.count)
        default: break
        }
    }

    /// The connection has ended.
    func end() -> End {
        guard !status.isEmpty else { return .lost }
        return switch ExecStatus(status) {
        case .exited(let code): .exited(code)
        case .failed(let status): .failed(status)
        }
    }

    private mutating func append(
        _ bytes: some Collection<UInt8>, to stream: WritableKeyPath<Self, [UInt8]>, upTo limit: Int
    ) {
        let room = limit - self[keyPath: stream].count
        if bytes.count > room { isCut = true }
        self[keyPath: stream] += bytes.prefix(max(0, room))
    }
}
