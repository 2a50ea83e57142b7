internal import YAMLTree

/// What a decoder carries along: where it is, what fills placeholders, and what was wrong so far. Nothing is thrown, so
/// that every problem is found in one go.
struct Decoding {
    let placeholders: Placeholders
    /// Fields whose value does not come from the document: path to flag or variable.
    let origins: [String: String]
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var path = ""

    init(placeholders: Placeholders, origins: [String: String] = [:]) {
        self.placeholders = placeholders
        self.origins = origins
    }

    mutating func at<Result>(field name: String, _ body: (inout Decoding) -> Result) -> Result {
        within(path.isEmpty ? name : "\(path).\(name)", body)
    }

    mutating func at<Result>(index: Int, _ body: (inout Decoding) -> Result) -> Result {
        within("\(path)[\(index)]", body)
    }

    mutating func report(_ message: String, at mark: YAMLMark) {
        problems.append(ConfigurationProblem(path: path, mark: mark, origin: origins[path], message: message))
    }

    private mutating func within<Result>(_ inner: String, _ body: (inout Decoding) -> Result) -> Result {
        let outer = path
        path = inner
        defer { path = outer }
        return body(&self)
    }
}
