public import YAMLTree

/// A finding with its place.
public struct Diagnostic: Sendable, Equatable {
    public var rule: Rule
    /// From 1.
    public var line: Int
    public var message: String
    /// Of the bytes that the finding is about.
    var offset = 0

    /// Whether it tells that a container moves.
    public var isMove: Bool { rule == .converted || rule == .reversed }

    /// The form compilers use and editors jump to.
    public func text(file: String) -> String {
        "\(file):\(line): \(rule.id) \(rule.severity.rawValue): \(message)"
    }

    /// `{"file", "line", "rule", "severity", "message"}`, for programs.
    public func json(file: String) -> JSONValue {
        .object([
            .init("file", .string(file)), .init("line", .integer(Int64(line))), .init("rule", .string(rule.id)),
            .init("severity", .string(rule.severity.rawValue)), .init("message", .string(message)),
        ])
    }
}
