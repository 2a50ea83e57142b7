/// A text that is not what it should be, and where.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    public var mark: YAMLMark
    /// What was found or expected, as one sentence without a place.
    public var message: String

    public init(at mark: YAMLMark, _ message: String) {
        self.mark = mark
        self.message = message
    }

    /// `line:column: message`, the form editors jump to.
    public var description: String { "\(mark): \(message)" }
}
