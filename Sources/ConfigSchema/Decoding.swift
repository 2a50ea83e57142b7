package import YAMLTree

/// What a decoder carries along: where it is, what fills placeholders, and what was wrong so far. Nothing is thrown, so
/// that every problem is found in one go.
package struct Decoding {
    /// Why a text's placeholders cannot be filled, as one sentence.
    package struct Unfilled: Error, Equatable {
        package var message: String

        package init(message: String) {
            self.message = message
        }
    }

    /// Puts values in the place of a text's placeholders.
    package let fill: @Sendable (String) throws(Unfilled) -> String
    /// Fields whose value does not come from the document: path to flag or variable.
    private let origins: [String: String]
    package private(set) var problems: [ConfigurationProblem] = []
    private var path = ""

    package init(
        origins: [String: String] = [:],
        fill: @escaping @Sendable (String) throws(Unfilled) -> String = { (text) throws(Unfilled) in text }
    ) {
        self.origins = origins
        self.fill = fill
    }

    package mutating func at<Result>(field name: String, _ body: (inout Decoding) -> Result) -> Result {
        within(path.isEmpty ? name : "\(path).\(name)", body)
    }

    package mutating func at<Result>(index: Int, _ body: (inout Decoding) -> Result) -> Result {
        within("\(path)[\(index)]", body)
    }

    package mutating func report(_ message: String, at mark: YAMLMark) {
        problems.append(ConfigurationProblem(path: path, mark: mark, origin: origins[path], message: message))
    }

    private mutating func within<Result>(_ inner: String, _ body: (inout Decoding) -> Result) -> Result {
        let outer = path
        path = inner
        defer { path = outer }
        return body(&self)
    }
}
