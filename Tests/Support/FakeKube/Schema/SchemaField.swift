/// One member of a message, as `schema.txt` writes it.
struct SchemaField: Sendable, Equatable {
    enum Scalar: String, Sendable {
        case text = "s"
        case boolean = "b"
        case integer = "i"
        case bytes = "y"
    }

    enum Value: Sendable, Equatable {
        case scalar(Scalar)
        case message(String)
    }

    enum Shape: Sendable {
        case single, list, map
    }

    var name: String
    var number: Int
    var value: Value
    var shape: Shape
    /// Whether the members stand in the message around this.
    var isInline: Bool
    /// How a list merges under a strategic merge patch: by this member, as a set of plain values (empty), or not (`nil`).
    var patchMergeKey: String?
    /// What tells the elements of a list apart under server-side apply; empty: they themselves; `nil`: the list is one.
    var listKeys: [String]?

    /// `containers:2:[core.Container]~name@name`
    init?(_ text: Substring) {
        let parts = text.split(separator: ":")
        guard parts.count == 3, let number = Int(parts[1]),
            let match = parts[2].wholeMatch(of: /([\[{]?)([\w.]+)[\]}]?(~\w*)?(@[\w+]*)?(\^?)/)
        else { return nil }
        name = String(parts[0])
        self.number = number
        shape = match.1 == "[" ? .list : match.1 == "{" ? .map : .single
        value = Scalar(rawValue: String(match.2)).map(Value.scalar) ?? .message(String(match.2))
        isInline = !match.5.isEmpty
        patchMergeKey = match.3.map { String($0.dropFirst()) }
        listKeys = match.4.map { $0.dropFirst().split(separator: "+").map(String.init) }
    }
}
