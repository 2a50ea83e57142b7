package import Basics
internal import YAMLTree

/// A finding with its place.
package struct Diagnostic: Sendable, Equatable {
    package var rule: Rule
    /// From 1.
    package var line: Int
    package var message: String
    /// Of the bytes that the finding is about.
    package var offset = 0

    package init(rule: Rule, line: Int, message: String, offset: Int = 0) {
        self.rule = rule
        self.line = line
        self.message = message
        self.offset = offset
    }

    /// Whether it tells that a container moves.
    package var isMove: Bool { rule == .converted || rule == .reversed }

    /// The form compilers use and editors jump to.
    package func text(file: String) -> String {
        "\(file):\(line): \(rule.id) \(rule.severity.rawValue): \(message)"
    }

    /// `{"file", "line", "rule", "severity", "message"}`, for programs.
    package func json(file: String) -> JSONValue {
        .object([
            .init("file", .string(file)), .init("line", .integer(Int64(line))), .init("rule", .string(rule.id)),
            .init("severity", .string(rule.severity.rawValue)), .init("message", .string(message)),
        ])
    }
}
