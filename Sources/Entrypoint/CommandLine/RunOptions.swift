/// What `run` was asked to do.
public struct RunOptions: Sendable, Equatable {
    public var workdir: String
    /// Milliseconds; nil: the command may be silent for ever.
    public var noOutputTimeout: Int64?
    public var timestamps: TimestampFormat?
    public var awaitsOutputs = false
    /// Where the command starts; nil: where the entrypoint was started.
    public var folder: String?
    public var command: [String] = []
}
