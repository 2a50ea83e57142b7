extension StringProtocol {
    /// For a terminal, a log or an Event, whoever wrote it: characters that a terminal would obey, that turn the direction
    /// of what follows, or that nobody sees stand as `\u{1B}`, line ends as `\n`, and what is longer than `limit`
    /// characters ends with `…`.
    package func printable(limit: Int = 1024) -> String {
        var text = ""
        var count = 0
        for scalar in unicodeScalars {
            guard count < limit else { return text + "…" }
            count += 1
            if scalar == "\n" {
                text += #"\n"#
            } else if scalar.isPrinted {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
        return text
    }

    /// JSON as it may be shown on a terminal: the same value, with escapes in place of such characters.
    package var printableJSON: String {
        var text = ""
        for scalar in unicodeScalars {
            if scalar == "\n" || scalar.isPrinted {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var isPrinted: Bool {
        if (0x20...0x7E).contains(value) { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }
}

extension String {
    /// `1 file`, `2 files`; `words` where the plural is no `s` more.
    package init(counting number: some BinaryInteger, _ word: String, _ words: String? = nil) {
        self = "\(number) \(number == 1 ? word : words ?? word + "s")"
    }
}
