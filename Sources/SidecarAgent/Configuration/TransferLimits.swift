package import Configuration

/// What transfers may use.
public struct TransferLimits: Sendable, Equatable {
    /// Buffers, in all.
    public var memory = ByteSize(bytes: 32 << 20)
    /// Exchanges at once.
    public var concurrency = 64

    public init() {}
}

extension TransferLimits: Configurable {
    package static let fields: [Field<TransferLimits>] = [
        .optional(
            "memory", \.memory, .size(ByteSize(bytes: 1 << 20)...ByteSize(bytes: 1 << 40)),
            "Bytes of buffers held at once, whatever the sizes of the files."),
        .optional("concurrency", \.concurrency, .integer(1...1024), "Most exchanges at once."),
    ]
}
