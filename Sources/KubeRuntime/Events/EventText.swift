/// The texts of an `Event` within the limits that the API server sets (`pkg/apis/core/validation/events.go`).
enum EventText {
    static let maximumNote = 1024
    /// Of `reason`, `action` and `reportingInstance`.
    static let maximumWord = 128
    private static let maximumName = 253

    /// As many whole characters as fit into `limit` bytes of UTF-8.
    static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var count = 0
        return String(
            text.prefix { character in
                count += character.utf8.count
                return count <= limit
            })
    }

    /// A name for the event itself, as client-go makes it: the object's and the time in nanoseconds, which `number`
    /// keeps apart. Whatever cannot be in a DNS subdomain becomes a dash.
    static func name(about object: String, microseconds: Int64, number: Int) -> String {
        let nanoseconds = UInt64(bitPattern: microseconds &* 1000 &+ Int64(number % 1000))
        let suffix = "." + String(nanoseconds, radix: 16)
        let allowed = object.lowercased().unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "0"..."9", "-", ".": Character(scalar)
            default: "-"
            }
        }
        let labels = String(allowed.prefix(maximumName - suffix.utf8.count)).split(separator: ".")
            .map { $0.trimmingDashes() }.filter { !$0.isEmpty }
        return (labels.isEmpty ? "event" : labels.joined(separator: ".")) + suffix
    }
}

extension Substring {
    /// A label may hold dashes, but neither begin nor end with one.
    fileprivate func trimmingDashes() -> Substring {
        var rest = drop { $0 == "-" }
        while rest.last == "-" { rest.removeLast() }
        return rest
    }
}
