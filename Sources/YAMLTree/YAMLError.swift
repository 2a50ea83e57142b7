/// A text that is not what it should be, and where.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    package var mark: YAMLMark
    /// What was found or expected, as one sentence without a place.
    package var message: String

    package init(at mark: YAMLMark, _ message: String) {
        self.mark = mark
        self.message = message
    }

    /// `line:column: message`, the form editors jump to.
    package var description: String { "\(mark): \(message)" }
}
