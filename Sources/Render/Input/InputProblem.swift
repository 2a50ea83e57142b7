package import YAMLTree

/// One thing wrong with a document that a generator reads.
package struct InputProblem: Sendable, Equatable, CustomStringConvertible {
    /// `sideCars[1].container.name`; empty for the document as a whole.
    package var path: String
    /// `nil` for what comes from the command line.
    package var mark: YAMLMark?
    /// What is wrong, and what to write.
    package var message: String

    package init(path: String, mark: YAMLMark? = nil, message: String) {
        self.path = path
        self.mark = mark
        self.message = message
    }

    /// `7:11: inputs[0].from: expected …`
    package var description: String {
        (mark.map { "\($0.line):\($0.column): " } ?? "") + (path.isEmpty ? "" : "\(path): ") + message
    }
}

/// Everything wrong with a document, so that a person corrects it in one go.
package struct InputError: Error, Sendable, Equatable {
    package var problems: [InputProblem]

    package init(_ problems: [InputProblem]) { self.problems = problems }
}
