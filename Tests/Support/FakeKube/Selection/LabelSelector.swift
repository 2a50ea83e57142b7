/// `app=web,tier!=db,env in (a, b),env notin (c),key,!key`, as query parameters write it.
struct LabelSelector: Sendable, Equatable {
    enum Requirement: Sendable, Equatable {
        case oneOf(String, Set<String>)
        /// Also where the label is missing.
        case noneOf(String, Set<String>)
        case exists(String)
        case missing(String)
    }

    var requirements: [Requirement] = []
    var isEmpty: Bool { requirements.isEmpty }

    init() {}

    init(_ text: String) throws(StatusError) {
        for part in Self.parts(text) {
            guard let requirement = Self.requirement(part) else {
                throw .badRequest("unable to parse requirement: found '\(part)'")
            }
            requirements.append(requirement)
        }
    }

    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .oneOf(let key, let values): labels[key].map(values.contains) ?? false
            case .noneOf(let key, let values): !(labels[key].map(values.contains) ?? false)
            case .exists(let key): labels[key] != nil
            case .missing(let key): labels[key] == nil
            }
        }
    }

    /// Splits at commas outside parentheses.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var part = ""
        var depth = 0
        for character in text {
            if character == ",", depth == 0 {
                parts.append(part)
                part = ""
                continue
            }
            depth += character == "(" ? 1 : character == ")" ? -1 : 0
            part.append(character)
        }
        parts.append(part)
        return parts.map(trimmed).filter { !$0.isEmpty }
    }

    private static func requirement(_ part: String) -> Requirement? {
        if let set = part.wholeMatch(of: /([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)/) {
            let values = Set(set.3.split(separator: ",", omittingEmptySubsequences: false).map { trimmed(String($0)) })
            return set.2 == "in" ? .oneOf(String(set.1), values) : .noneOf(String(set.1), values)
        }
        if let pair = part.wholeMatch(of: /([^\s!=(),]+)\s*(!=|==|=)\s*([^\s!=(),]*)/) {
            let values: Set = [String(pair.3)]
            return pair.2 == "!=" ? .noneOf(String(pair.1), values) : .oneOf(String(pair.1), values)
        }
        if let key = part.wholeMatch(of: /(!?)\s*([^\s!=(),]+)/) {
            return key.1.isEmpty ? .exists(String(key.2)) : .missing(String(key.2))
        }
        return nil
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
