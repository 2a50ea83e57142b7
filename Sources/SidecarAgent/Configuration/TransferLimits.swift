package import Basics
package import ConfigSchema

/// What transfers may use.
package struct TransferLimits: Sendable, Equatable {
    /// Buffers, in all.
    package var memory = ByteSize(bytes: 32 << 20)
    /// Exchanges at once.
    package var concurrency = 64

    package init() {}
}

extension TransferLimits: Configurable {
    package static let fields: [Field<TransferLimits>] = [
        .optional(
            "memory", \.memory, .size(ByteSize(bytes: 1 << 20)...ByteSize(bytes: 1 << 40)),
            "Bytes of buffers held at once, whatever the sizes of the files."),
        .optional("concurrency", \.concurrency, .integer(1...1024), "Most exchanges at once."),
    ]
}
