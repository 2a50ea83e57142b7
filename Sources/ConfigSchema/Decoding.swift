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

/// One thing wrong with a configuration.
package struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// `inputs[1].sha256`; empty for the document as a whole.
    package var path: String
    /// `nil` for a field that comes from a flag or the environment.
    package var mark: YAMLMark?
    /// The flag or variable the value comes from, if not the document.
    package var origin: String?
    /// One sentence without secrets.
    package var message: String

    package init(path: String, mark: YAMLMark? = nil, origin: String? = nil, message: String) {
        self.path = path
        self.mark = mark
        self.origin = origin
        self.message = message
    }

    package var description: String {
        let field = path.isEmpty ? "" : "\(path): "
        if let origin { return "\(field)\(message) (from \(origin))" }
        return (mark.map { "\($0): " } ?? "") + field + message
    }
}

/// Everything wrong with a configuration, so that a person corrects it in one go. Ends in `ExitCode.configuration`.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, or the name of the variable the document came from.
    package var source: String
    package var problems: [ConfigurationProblem]

    package init(source: String, problems: [ConfigurationProblem]) {
        self.source = source
        self.problems = problems
    }

    /// One line for each problem: `agent.yaml:7:11: inputs[1].sha256: expected …`.
    package var description: String {
        problems.map { problem in
            problem.mark != nil && problem.origin == nil ? "\(source):\(problem)" : "\(source): \(problem)"
        }.joined(separator: "\n")
    }
}
