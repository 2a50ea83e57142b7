/// Bytes of the API server that are not what they should be.
public struct WireError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in a few words.
    public var problem: String
    /// Where in the message or document, in bytes.
    public var offset: Int

    public init(_ problem: String, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    public var description: String { "\(problem) at byte \(offset)" }
}
