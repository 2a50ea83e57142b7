/// One value as it was written. Nothing is interpreted: `on`, `0123` and `1e3` are these characters until a schema asks
/// for a boolean or a number.
package struct YAMLScalar: Sendable, Hashable {
    package enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    /// Quotes removed, escapes and folding resolved.
    package var text: String
    package var style: Style

    package init(_ text: String, style: Style = .plain) {
        self.text = text
        self.style = style
    }

    /// Whether this stands for nothing: an empty plain value, `~` or `null`.
    package var isNull: Bool {
        guard style == .plain else { return false }
        return switch text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }
}
