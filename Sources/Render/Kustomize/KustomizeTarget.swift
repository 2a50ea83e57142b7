internal import Conversion
internal import YAMLTree

/// An object as the kustomizations above it may call it.
struct KustomizeObject {
    let group: String
    let version: String
    let kind: String
    let namespace: String?
    /// Its own name, and those that kustomizations give it on the way: a patch may say any of them.
    let names: [String]
    let labels: [String: String]
    let annotations: [String: String]
    /// Some kustomization adds labels, so that selectors may find more than its own.
    let isRelabelled: Bool

    init(_ object: SourceNode, _ resource: KustomizeFiles.Resource) {
        let version = object["apiVersion"]?.text?.split(separator: "/").map(String.init) ?? []
        group = version.count > 1 ? version[0] : ""
        self.version = version.last ?? ""
        kind = object["kind"]?.text ?? ""
        namespace = object.at("metadata", "namespace")?.text
        var name = object.at("metadata", "name")?.text ?? ""
        names =
            [name]
            + resource.renames.map { affixes in
                name = affixes.prefix + name + affixes.suffix
                return name
            }
        func texts(_ field: String) -> [String: String] {
            Dictionary(
                (object.at("metadata", field)?.pairs ?? []).map { ($0.key.text ?? "", $0.value.text ?? "") },
                uniquingKeysWith: { $1 })
        }
        labels = texts("labels")
        annotations = texts("annotations")
        isRelabelled = resource.isRelabelled
    }
}

/// Which objects a patch or a replacement is for, where it says so beside them: names and kinds by anchored regular
/// expressions, labels by selectors.
struct KustomizeTarget {
    private let node: SourceNode?

    /// Nothing is said: a patch names its object itself.
    var isEmpty: Bool { node?.pairs?.isEmpty ?? true }

    init(_ node: SourceNode?) { self.node = node }

    /// `nil` where it cannot be told.
    func matches(_ object: KustomizeObject) -> Bool? {
        func field(_ name: String, _ texts: [String]) -> Bool? {
            guard let pattern = node?[name]?.text, !pattern.isEmpty else { return true }
            let found = texts.map { Self.matches(pattern, $0) }
            return found.contains(true) ? true : found.contains(nil) ? nil : false
        }
        func selector(_ name: String, _ labels: [String: String]) -> Bool? {
            guard let words = node?[name]?.text, !words.isEmpty else { return true }
            return object.isRelabelled ? nil : Self.selects(words, labels)
        }
        // A kustomization may move all of it to another namespace.
        let isThere = field("namespace", [object.namespace ?? "default"]) == true ? true : nil
        let all = [
            field("group", [object.group]), field("version", [object.version]), field("kind", [object.kind]),
            field("name", object.names), isThere, selector("labelSelector", object.labels),
            selector("annotationSelector", object.annotations),
        ]
        return all.contains(false) ? false : all.contains(nil) ? nil : true
    }

    // MARK: Regular expressions

    private enum Piece {
        case one(Character)
        case any, run
    }

    /// Texts, `.`, `.*`, `.+` and `|`, which is what people write; `nil` for anything else.
    static func matches(_ pattern: String, _ text: String) -> Bool? {
        var isUnknown = false
        for alternative in pattern.split(separator: "|", omittingEmptySubsequences: false) {
            guard let pieces = pieces(alternative) else {
                isUnknown = true
                continue
            }
            if matches(pieces[...], text[...]) { return true }
        }
        return isUnknown ? nil : false
    }

    private static func pieces(_ pattern: Substring) -> [Piece]? {
        var pieces: [Piece] = []
        var rest = pattern.hasPrefix("^") ? pattern.dropFirst() : pattern
        if rest.hasSuffix("$") { rest.removeLast() }
        while let character = rest.popFirst() {
            switch character {
            case "." where rest.first == "*":
                rest.removeFirst()
                pieces.append(.run)
            case "." where rest.first == "+":
                rest.removeFirst()
                pieces += [.any, .run]
            case ".": pieces.append(.any)
            case "\\":
                guard let next = rest.popFirst(), !next.isLetter, !next.isNumber else { return nil }
                pieces.append(.one(next))
            case _ where "*+?()[]{}^$".contains(character): return nil
            default: pieces.append(.one(character))
            }
            if let next = rest.first, "*+?{".contains(next) { return nil }
        }
        return pieces
    }

    private static func matches(_ pieces: ArraySlice<Piece>, _ text: Substring) -> Bool {
        // Where each piece may have got to, so that no pattern takes long.
        var starts: Set<String.Index> = [text.startIndex]
        for piece in pieces {
            switch piece {
            case .one(let character):
                starts = Set(
                    starts.compactMap { $0 < text.endIndex && text[$0] == character ? text.index(after: $0) : nil })
            case .any: starts = Set(starts.compactMap { $0 < text.endIndex ? text.index(after: $0) : nil })
            case .run:
                guard let first = starts.min() else { return false }
                starts = Set(text.indices.filter { $0 >= first } + [text.endIndex])
            }
        }
        return starts.contains(text.endIndex)
    }

    // MARK: Selectors

    /// `a=b,c!=d,e,!f`; `nil` for sets.
    static func selects(_ selector: String, _ labels: [String: String]) -> Bool? {
        guard !selector.contains("(") else { return nil }
        return selector.split(separator: ",").allSatisfy { term in
            let term = term.filter { !$0.isWhitespace }
            if let sign = term.firstRange(of: "!=") {
                return labels[String(term[..<sign.lowerBound])] != String(term[sign.upperBound...])
            }
            if let sign = term.firstIndex(of: "=") {
                return labels[String(term[..<sign])] == String(term[sign...].drop { $0 == "=" })
            }
            return term.hasPrefix("!") ? labels[String(term.dropFirst())] == nil : labels[term] != nil
        }
    }
}
