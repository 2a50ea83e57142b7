/// Words of Prometheus' text format, https://prometheus.io/docs/instrumenting/exposition_formats/.
enum ExpositionText {
    static func line(_ name: String, _ labels: [String], _ value: Double) -> String {
        let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        return "\(name)\(braces) \(number(value))\n"
    }

    static func label(_ name: String, _ value: String) -> String {
        "\(name)=\"\(escaped(help: value, quotes: true))\""
    }

    /// Whole numbers without a point, the others with as many digits as it takes.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e18 ? String(Int64(value)) : "\(value)"
    }

    /// Backslash and line feed everywhere, quotes in label values only.
    static func escaped(help text: String, quotes: Bool = false) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
