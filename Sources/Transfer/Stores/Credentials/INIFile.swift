/// The sections of AWS's configuration files. Keys are lower case; an indented block (`s3 =` and lines below it) is
/// flattened to `s3.key`.
enum INIFile {
    static func parse(_ text: String) -> [String: [String: String]] {
        var sections: [String: [String: String]] = [:]
        var section: String?
        var parent: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let indented = line.first == " " || line.first == "\t"
            let content = trim(line)
            guard let first = content.first, first != "#", first != ";" else { continue }
            if first == "[" {
                let end = content.firstIndex(of: "]") ?? content.endIndex
                let words = content[content.index(after: content.startIndex)..<end]
                    .split(whereSeparator: \.isWhitespace)
                section = words.map { unquote($0) }.joined(separator: " ")
                parent = nil
                section.map { sections[$0, default: [:]] = sections[$0] ?? [:] }
                continue
            }
            guard let section, let equals = content.firstIndex(of: "=") else { continue }
            let name = trim(content[..<equals]).lowercased()
            let value = withoutComment(trim(content[content.index(after: equals)...]))
            if indented, let parent {
                sections[section]?["\(parent).\(name)"] = value
            } else {
                sections[section]?[name] = value
                parent = value.isEmpty ? name : nil
            }
        }
        return sections
    }

    private static func trim(_ text: Substring) -> Substring {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }

    /// A comment after a value begins with ` #` or ` ;`.
    private static func withoutComment(_ value: Substring) -> String {
        let cut = [" #", " ;", "\t#", "\t;"].compactMap { value.firstRange(of: $0)?.lowerBound }.min()
        return String(trim(value[..<(cut ?? value.endIndex)]))
    }

    private static func unquote(_ word: Substring) -> String {
        word.filter { $0 != "\"" && $0 != "'" }
    }
}
