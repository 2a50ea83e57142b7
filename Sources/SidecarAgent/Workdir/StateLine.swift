/// What main wrote into `state`, made fit for reports: its first line, without control characters, bounded.
enum StateLine {
    /// Characters of a custom value; longer ones are cut.
    static let limit = 256

    /// `nil` for an empty line: a writer that truncates before it writes is seen in between.
    static func parse(_ bytes: [UInt8]) -> String? {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        // Bytes that are no UTF-8 become replacement characters.
        let text = String(decoding: line, as: UTF8.self)
        let printable = text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: " " as Character
            default: Character(scalar)
            }
        }
        let trimmed = printable.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return trimmed.isEmpty ? nil : String(trimmed.prefix(limit))
    }
}
