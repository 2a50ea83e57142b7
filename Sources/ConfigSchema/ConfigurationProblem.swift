package import YAMLTree

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
