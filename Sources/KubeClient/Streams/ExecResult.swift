/// How a command ended, and what it wrote.
public struct ExecResult: Sendable, Equatable {
    /// 128 and the signal's number where one ended it, as shells have it.
    public var exitCode: Int
    public var output: [UInt8]
    public var error: [UInt8]
    /// More was written than was to be kept: `output` and `error` are each the beginning.
    public var isCut: Bool
}
