/// What `run` was asked to do.
package struct RunOptions: Sendable, Equatable {
    package var workdir: String
    /// Milliseconds; nil: the command may be silent for ever.
    package var noOutputTimeout: Int64?
    package var timestamps: TimestampFormat?
    package var awaitsOutputs = false
    /// Where the command starts; nil: where the entrypoint was started.
    package var folder: String?
    package var command: [String] = []
}
